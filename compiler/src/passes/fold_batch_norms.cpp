#include <espalier/compiler/passes/fold_batch_norms.hpp>

#include "rewrite.hpp"

#include <algorithm>

namespace espalier::compiler {

namespace {

bool takes_norms(operation const& op) {
  return op.is("conv") || op.is("transposed_conv") || op.is("linear");
}

class folding {
public:
  // `path` leads to the weights of the region: empty, or value names that end with a dot.
  folding(std::string path, weight_change& weights) : path_(std::move(path)), weights_(weights) {}

  region fold(region const& in) {
    region out{in.arguments, {}, in.yields};
    auto reads = reads_of(in); // of what a layer makes: with the normalizations that it has taken over
    renaming names;
    for (auto op : in.operations) {
      names.apply(op.operands);
      for (auto& held : op.regions)
        held = folding{path_ + op.name() + ".", weights_}.fold(held);
      auto const layer = std::ranges::find_if(out.operations, [&](operation const& before) {
        return op.is("batch_norm") && takes_norms(before) && before.name() == op.operands.front() &&
               reads.at(before.name()) == 1;
      });
      if (layer == out.operations.end()) {
        out.operations.push_back(std::move(op));
        continue;
      }
      names.replace(op.name(), layer->name());
      reads[layer->name()] = reads[op.name()];
      layer->set_attribute("bias", 1);
      weights_.emplace_back(normalized_layer{path_ + layer->name(), path_ + op.name(), layer->is("transposed_conv"),
                                             layer->is("linear") ? 1 : layer->attribute("groups")});
    }
    names.apply(out.yields);
    return out;
  }

private:
  std::string path_;
  weight_change& weights_;
};

} // namespace

graph fold_batch_norms(graph const& network, weight_change& weights) {
  require_network(network, "fold_batch_norms");
  return {network.name, folding{"", weights}.fold(network.body)};
}

} // namespace espalier::compiler
