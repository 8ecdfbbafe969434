#include <espalier/compiler/passes/fold_batch_norms.hpp>

#include "rewrite.hpp"

#include "../region_builder.hpp"

#include <espalier/dsl/operations/network.hpp>

#include <algorithm>
#include <utility>

namespace espalier::compiler {

namespace {

bool takes_norms(operation const& op) {
  return op.is("conv") || op.is("transposed_conv") || op.is("linear");
}

// Writes layers that have no bias as what they stand for, where a batch normalization alone reads them.
class spelling_out {
public:
  spelling_out(region body, std::string const& path, weight_change& weights)
      : body_(std::move(body)), path_(path), weights_(weights) {}

  region run() && {
    auto const reads = reads_of(body_);
    for (std::size_t i = 0; i < body_.operations.size(); ++i) {
      auto const op = body_.operations[i];
      bool const is_normalized = op.form() == structure::leaf && reads.contains(op.name()) &&
                                 reads.at(op.name()) == 1 &&
                                 std::ranges::any_of(body_.operations, [&](operation const& reader) {
                                   return reader.is("batch_norm") && reader.operands.front() == op.name();
                                 });
      if (is_normalized && op.is("factorized_reduce") && op.type().height > 1 && op.type().width > 1)
        replace_factorized_reduce(i);
      if (is_normalized && op.is("shortcut") && op.attribute("channels") != channels_of(op.operands.front()))
        replace_shortcut(i);
    }
    return std::move(body_);
  }

private:
  // Two convolutions, one of them on the map without its first row and column, concatenated; of that map, a single row
  // could not be strided.
  void replace_factorized_reduce(std::size_t at) {
    auto const op = body_.operations[at];
    auto half = op.type();
    half.channels /= 2;
    auto shifted = body_.type_of(op.operands.front());
    --shifted.height;
    --shifted.width;
    auto const crop = typed(make(dsl::operations::crop{}), op.operands.front(), free_name(body_, "crop"), shifted);
    put(at++, crop);
    auto whole = typed(make(dsl::operations::concat{}), "", op.name(), op.type());
    whole.operands.clear();
    for (auto const& [part, read] : {std::pair{".conv0", op.operands.front()}, {".conv1", crop.name()}}) {
      auto const name = free_name(body_, op.name() + "_conv");
      put(at++, pointwise(read, 2, name, half));
      weights_.emplace_back(concatenated_tensor{path_ + name + ".weight", {path_ + op.name() + part + ".weight"}});
      whole.operands.push_back(name);
    }
    body_.operations[at] = std::move(whole);
  }

  // A convolution, of what the shortcut that keeps the channels makes.
  void replace_shortcut(std::size_t at) {
    auto& op = body_.operations[at];
    auto const whole = op.results.front();
    auto around = typed(op, op.operands.front(), free_name(body_, "shortcut"), whole.type);
    around.set_attribute("channels", channels_of(op.operands.front()));
    around.results.front().type.channels = around.attribute("channels");
    op = pointwise(around.name(), 1, whole.name, whole.type);
    put(at, std::move(around));
  }

  static operation typed(operation op, std::string const& operand, std::string const& name, tensor_type const& type) {
    op.operands = {operand};
    op.results = {{name, type}};
    return op;
  }

  static operation pointwise(std::string const& operand, int stride, std::string const& name, tensor_type const& type) {
    auto conv = typed(make(dsl::operations::conv{}), operand, name, type);
    conv.set_attribute("kernel", 1);
    conv.set_attribute("channels", type.channels);
    conv.set_attribute("stride", stride);
    return conv;
  }

  void put(std::size_t at, operation op) {
    body_.operations.insert(body_.operations.begin() + static_cast<std::ptrdiff_t>(at), std::move(op));
  }

  [[nodiscard]] int channels_of(std::string const& value) const { return body_.type_of(value).channels; }

  region body_;
  std::string const& path_;
  weight_change& weights_;
};

class folding {
public:
  // `path` leads to the weights of the region: empty, or value names that end with a dot.
  folding(std::string path, weight_change& weights) : path_(std::move(path)), weights_(weights) {}

  region fold(region const& in) {
    auto const spelled_out = spelling_out{in, path_, weights_}.run();
    out_ = {in.arguments, {}, in.yields};
    reads_ = reads_of(spelled_out);
    renaming names;
    for (auto op : spelled_out.operations) {
      names.apply(op.operands);
      for (auto& held : op.regions)
        held = folding{path_ + op.name() + ".", weights_}.fold(held);
      auto const layers = op.is("batch_norm") ? layers_behind(op.operands.front()) : std::vector<operation*>{};
      if (layers.empty()) {
        out_.operations.push_back(std::move(op));
        continue;
      }
      names.replace(op.name(), op.operands.front());
      reads_[op.operands.front()] = reads_[op.name()];
      fold_into(layers, op.name());
    }
    names.apply(out_.yields);
    return std::move(out_);
  }

private:
  // The layers that can take over a normalization of a value: the one that makes it, or all that it concatenates. None
  // where something else reads one of them too.
  std::vector<operation*> layers_behind(std::string const& value) {
    auto const made = std::ranges::find_if(out_.operations, [&](operation const& op) { return op.name() == value; });
    if (made == out_.operations.end() || reads_.at(value) != 1)
      return {};
    if (takes_norms(*made))
      return {&*made};
    std::vector<operation*> layers;
    if (made->form() == structure::concat)
      for (auto const& part : made->operands) {
        auto const layer =
            std::ranges::find_if(out_.operations, [&](operation const& op) { return op.name() == part; });
        if (layer == out_.operations.end() || reads_.at(part) != 1 || !takes_norms(*layer))
          return {};
        layers.push_back(&*layer);
      }
    return layers;
  }

  void fold_into(std::vector<operation*> const& layers, std::string const& norm) {
    int first = 0;
    for (auto* layer : layers) {
      layer->set_attribute("bias", 1);
      weights_.emplace_back(normalized_layer{path_ + layer->name(), path_ + norm, layer->is("transposed_conv"),
                                             layer->is("linear") ? 1 : layer->attribute("groups"), first});
      first += layer->type().channels;
    }
  }

  std::string path_;
  weight_change& weights_;
  region out_;
  std::map<std::string, int> reads_; // of what a layer makes: with the normalizations that it has taken over
};

} // namespace

graph fold_batch_norms(graph const& network, weight_change& weights) {
  require_network(network, "fold_batch_norms");
  return {network.name, folding{"", weights}.fold(network.body)};
}

} // namespace espalier::compiler
