#include <espalier/compiler/encodings/enas.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr int largest_number = 1 << 16;

// The numbers of an arc: a list, lists of them, or a text in which blanks stand between them.
std::vector<int> arc_of(encoding_reader& from, nlohmann::json const& encoding) {
  auto const& arc = encoding.is_object() ? from.member(encoding, "arc", "encoding") : encoding;
  std::vector<int> numbers;
  auto const append = [&](nlohmann::json const& list, std::string const& place) {
    for (int const n : from.whole_numbers(list, place, 0, largest_number))
      numbers.push_back(n);
  };
  if (arc.is_string()) {
    std::istringstream words{arc.get<std::string>()};
    for (std::string word; words >> word;) {
      bool const is_number = word.size() < 6 && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
      if (!is_number)
        from.fault(fmt::format("arc[{}]", numbers.size()), fmt::format("found '{}'", word), "a whole number");
      numbers.push_back(is_number ? std::stoi(word) : 0);
    }
  } else if (arc.is_array() && !arc.empty() && arc.front().is_array()) {
    for (std::size_t i = 0; i < arc.size(); ++i)
      append(arc[i], fmt::format("arc[{}]", i));
  } else {
    append(arc, "arc");
  }
  return numbers;
}

int in_range(encoding_reader& from, std::vector<int> const& arc, std::size_t at, int most) {
  return from.whole(arc[at], fmt::format("arc[{}]", at), 0, most);
}

class cell_writer {
public:
  explicit cell_writer(enas_cell_skeleton const& skeleton)
      : to_{{{"input", skeleton.input}}}, skeleton_(skeleton), filters_(skeleton.filters) {}

  /// Appends the cells; gives the output of the last one and the type behind the second reduction's next cell.
  std::pair<std::string, tensor_type> write(enas_cells const& cells) {
    auto const stem = conv_bn(to_, "input", 3, 3 * filters_);
    std::vector<std::string> states{stem, stem};
    int const distance = skeleton_.layers / 3;
    tensor_type at_head{};
    for (int layer = 0; layer < skeleton_.layers + 2; ++layer) {
      bool const reduces = layer == distance || layer == 2 * distance + 1;
      filters_ *= reduces ? 2 : 1;
      states = {states[1], append_cell(reduces ? cells.reduction : cells.normal, states, reduces)};
      if (layer == 2 * distance + 2)
        at_head = to_.type_of(states[1]);
    }
    return {states[1], at_head};
  }

  region_builder& builder() { return to_; }

private:
  std::string append_cell(std::vector<enas_cells::node> const& nodes, std::vector<std::string> const& inputs,
                          bool reduces) {
    return to_.block(reduces ? "reduction" : "normal", inputs, [&](region_builder& body, auto states) {
      if (body.type_of(states[0]).width != body.type_of(states[1]).width)
        states[0] = halved(body, states[0], filters_);
      for (auto& state : states)
        if (body.type_of(state).channels != filters_)
          state = relu_conv_bn(body, state, 1, filters_);
      states[1] = relu_conv_bn(body, states[1], 1, filters_);
      std::vector<bool> is_read(nodes.size() + 2);
      for (auto const& node : nodes) {
        auto const first = apply(body, states, node.first, node.first_operation, reduces);
        auto const second = apply(body, states, node.second, node.second_operation, reduces);
        is_read[static_cast<std::size_t>(node.first)] = is_read[static_cast<std::size_t>(node.second)] = true;
        states.push_back(added(body, {first, second}));
      }
      return append_output(body, states, is_read);
    });
  }

  std::string apply(region_builder& to, std::vector<std::string> const& states, int state, int operation,
                    bool reduces) const {
    auto const& x = states[static_cast<std::size_t>(state)];
    int const stride = reduces && state < 2 ? 2 : 1;
    switch (operation) {
    case 0:
      return separable(to, x, 3, filters_, stride);
    case 1:
      return separable(to, x, 5, filters_, stride);
    case 2:
      return avg_pool(to, x, 3, stride);
    case 3:
      return max_pool(to, x, 3, stride);
    default:
      return stride == 1 ? x : halved(to, x, filters_, false);
    }
  }

  std::string append_output(region_builder& to, std::vector<std::string> const& states,
                            std::vector<bool> const& is_read) const {
    int smallest = to.type_of(states.front()).width;
    for (std::size_t i = 0; i < states.size(); ++i)
      if (!is_read[i])
        smallest = std::min(smallest, to.type_of(states[i]).width);
    std::vector<std::string> output;
    for (std::size_t i = 0; i < states.size(); ++i)
      if (!is_read[i])
        output.push_back(to.type_of(states[i]).width > smallest ? halved(to, states[i], filters_, false) : states[i]);
    return concatenated(to, output);
  }

  region_builder to_;
  enas_cell_skeleton const& skeleton_;
  int filters_;
};

} // namespace

enas_cells read_enas_cells(nlohmann::json const& encoding) {
  encoding_reader from{"the arc of ENAS cells"};
  auto const arc = arc_of(from, encoding);
  if (arc.empty() || arc.size() % 8 != 0)
    from.fault("arc", fmt::format("{} numbers", arc.size()), "four a node of each of two cells: a multiple of 8");
  enas_cells cells;
  for (std::size_t at = 0; at + 4 <= arc.size(); at += 4) {
    auto& cell = at < arc.size() / 2 ? cells.normal : cells.reduction;
    int const states = static_cast<int>(cell.size()) + 1;
    cell.push_back({in_range(from, arc, at, states), in_range(from, arc, at + 1, 4),
                    in_range(from, arc, at + 2, states), in_range(from, arc, at + 3, 4)});
  }
  from.finish();
  return cells;
}

graph enas_cell_network(enas_cells const& cells, enas_cell_skeleton const& skeleton) {
  cell_writer writer{skeleton};
  auto const x = writer.write(cells).first;
  auto& to = writer.builder();
  auto const y = classifier(to, relu(to, x), skeleton.classes, false);
  return {"enas", std::move(to).finish(y)};
}

graph enas_auxiliary_head(enas_cells const& cells, enas_cell_skeleton const& skeleton) {
  region_builder to{{{"input", cell_writer{skeleton}.write(cells).second}}};
  ops::avg_pool pool;
  pool.kernel = 5;
  pool.stride = 3;
  pool.padded = 0;
  auto x = to.leaf(pool, relu(to, "input"));
  x = relu(to, conv_bn(to, x, 1, 128));
  // A padded convolution with a kernel as large as the map: a 1x1 one that reads every pixel's neighbours as channels.
  auto const& map = to.type_of(x);
  std::vector<std::string> const neighbours(static_cast<std::size_t>(map.height * map.width), x);
  x = relu(to, conv_bn(to, concatenated(to, neighbours), 1, 768));
  auto const y = classifier(to, x, skeleton.classes, false);
  return {"enas-auxiliary-head", std::move(to).finish(y)};
}

std::vector<enas_layer> read_enas_layers(nlohmann::json const& encoding) {
  encoding_reader from{"the arc of ENAS layers"};
  auto const arc = arc_of(from, encoding);
  std::vector<enas_layer> layers;
  std::size_t at = 0;
  while (at + layers.size() < arc.size()) {
    enas_layer layer{in_range(from, arc, at, 5), {}};
    for (std::size_t k = 1; k <= layers.size(); ++k)
      layer.skips.push_back(in_range(from, arc, at + k, 1) == 1);
    at += layers.size() + 1;
    layers.push_back(std::move(layer));
  }
  if (at != arc.size() || layers.size() < 3)
    from.fault("arc", fmt::format("{} numbers", arc.size()),
               "1 + 2 + ... + L for at least three layers: of layer i the operation and i bits");
  from.finish();
  return layers;
}

graph enas_layer_network(std::vector<enas_layer> const& layers, enas_layer_skeleton const& skeleton) {
  region_builder to{{{"input", skeleton.input}}};
  int filters = skeleton.filters;
  std::vector<std::string> made{conv_bn(to, "input", 3, filters)};
  auto const distance = layers.size() / 3;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto x = made.back();
    if (layers[i].operation < 4)
      x = relu_conv_bn(to, relu_conv_bn(to, x, 1, filters), layers[i].operation < 2 ? 3 : 5, filters);
    else
      x = layers[i].operation == 4 ? avg_pool(to, x, 3, 1) : max_pool(to, x, 3, 1);
    std::vector<std::string> read;
    for (std::size_t k = 0; k < i; ++k)
      if (layers[i].skips[k])
        read.push_back(made[k]);
    read.push_back(x);
    made.push_back(i == 0 ? x : relu_conv_bn(to, concatenated(to, read), 1, filters));
    if (i + 1 != distance && i + 1 != 2 * distance)
      continue;
    filters *= 2;
    for (auto& layer : made) // all that are kept, whether or not a later layer reads them
      layer = halved(to, layer, filters, false);
  }
  auto const y = classifier(to, made.back(), skeleton.classes, false);
  return {"enas", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
