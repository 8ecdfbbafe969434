#include <espalier/compiler/encodings/nas_bench_201.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <sstream>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

std::vector<std::string> const operation_names{"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};

std::vector<std::string> split(std::string const& text, char at) {
  std::vector<std::string> parts;
  std::istringstream from{text};
  for (std::string part; std::getline(from, part, at);)
    parts.push_back(part);
  return parts;
}

std::string apply(region_builder& to, std::string const& x, std::string const& name) {
  if (name == "none")
    return to.leaf(ops::none{}, x);
  if (name == "avg_pool_3x3")
    return avg_pool(to, x, 3, 1);
  if (name == "skip_connect")
    return x;
  return relu_conv_bn(to, x, name == "nor_conv_1x1" ? 1 : 3, to.type_of(x).channels);
}

std::string append_cell(region_builder& to, std::string const& x, nas_bench_201_cell const& cell) {
  return to.block("cell", x, [&](region_builder& body, std::string const& input) {
    std::vector<std::string> nodes{input};
    for (std::size_t edge = 0; nodes.size() < 4;) {
      std::vector<std::string> read;
      for (auto const& node : nodes)
        read.push_back(apply(body, node, cell[edge++]));
      nodes.push_back(added(body, read));
    }
    return nodes.back();
  });
}

std::string append_reduction(region_builder& to, std::string const& x, int channels) {
  return to.block("reduction", x, [&](region_builder& body, std::string const& input) {
    ops::shortcut around;
    around.channels = channels;
    around.stride = 2;
    auto const y = relu_conv_bn(body, relu_conv_bn(body, input, 3, channels, 2), 3, channels);
    return added(body, {body.leaf(around, input), y});
  });
}

} // namespace

nas_bench_201_cell read_nas_bench_201_cell(nlohmann::json const& encoding) {
  encoding_reader from{"the cell of NAS-Bench-201"};
  nas_bench_201_cell cell;
  auto const nodes = split(from.text(encoding, "cell"), '+');
  if (nodes.size() != 3)
    from.fault("cell", fmt::format("{} nodes", nodes.size()), "three, with '+' between them");
  std::size_t edge = 0;
  for (std::size_t n = 0; n < nodes.size() && n < 3; ++n, edge = n * (n + 1) / 2) {
    auto const place = fmt::format("node {}", n + 1);
    auto const edges = split(nodes[n], '|'); // a text begins and ends with '|'
    if (edges.size() != n + 2 || !edges.front().empty() || nodes[n].back() != '|') {
      from.fault(place, fmt::format("'{}'", nodes[n]), fmt::format("'|OPERATION~INPUT|' with {} edges", n + 1));
      continue;
    }
    for (std::size_t i = 0; i <= n; ++i) {
      auto const at = edges[i + 1].find('~');
      auto const name = edges[i + 1].substr(0, at);
      from.one_of(name, fmt::format("{}, edge {}", place, i), operation_names);
      if (at == std::string::npos || edges[i + 1].substr(at + 1) != std::to_string(i))
        from.fault(fmt::format("{}, edge {}", place, i), fmt::format("'{}'", edges[i + 1]),
                   fmt::format("an operation from node {}: 'OPERATION~{}'", i, i));
      cell[edge + i] = name;
    }
  }
  from.finish();
  return cell;
}

graph nas_bench_201_network(nas_bench_201_cell const& cell, nas_bench_201_skeleton const& skeleton) {
  region_builder to{{{"input", skeleton.input}}};
  auto x = conv_bn(to, "input", 3, skeleton.channels);
  for (int stage = 0; stage < 3; ++stage) {
    if (stage > 0)
      x = append_reduction(to, x, skeleton.channels << stage);
    for (int i = 0; i < skeleton.cells; ++i)
      x = append_cell(to, x, cell);
  }
  auto const y = classifier(to, relu(to, batch_norm(to, x)), skeleton.classes);
  return {"nas-bench-201", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
