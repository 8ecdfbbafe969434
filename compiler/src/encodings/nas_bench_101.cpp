#include <espalier/compiler/encodings/nas_bench_101.hpp>

#include "../graph_cell.hpp"
#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr std::size_t most_vertices = 62;
std::vector<std::string> const operation_names{"conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"};

std::string conv_bn_relu(region_builder& to, std::string const& x, int kernel, int channels) {
  return relu(to, conv_bn(to, x, kernel, channels));
}

std::string append_vertex(region_builder& to, std::string const& x, std::string const& name) {
  if (name == "maxpool3x3")
    return max_pool(to, x, 3, 1);
  int const kernel = name == "conv1x1-bn-relu" ? 1 : 3;
  return to.block(fmt::format("conv_{0}x{0}", kernel), x, [&](region_builder& body, std::string const& in) {
    return conv_bn_relu(body, in, kernel, to.type_of(x).channels);
  });
}

std::string append_cell(region_builder& to, std::string const& x, nas_bench_101_cell const& cell, int output) {
  auto const write = [&](region_builder& body, std::size_t vertex, std::string const& input) {
    return append_vertex(body, input, cell.operations[vertex + 1]);
  };
  return append_graph_cell(to, "cell", x, cell.graph, output, write);
}

} // namespace

std::vector<int> nas_bench_101_channels(nas_bench_101_cell const& cell, int input, int output) {
  std::vector<int> channels;
  for (auto const& vertex : graph_vertices(cell.graph))
    channels.push_back(vertex.among > 0 ? vertex.width(output) : 0);
  channels.front() = input;
  channels.back() = output;
  return channels;
}

nas_bench_101_cell read_nas_bench_101_cell(nlohmann::json const& encoding) {
  encoding_reader from{"the cell of NAS-Bench-101"};
  nas_bench_101_cell cell;
  auto const names = from.items(from.member(encoding, "ops", "cell"), "ops", 2, most_vertices);
  auto const n = names.size();
  for (std::size_t v = 0; v < n; ++v) {
    auto const place = fmt::format("ops[{}]", v);
    cell.operations.push_back(from.text(names[v], place));
    from.one_of(cell.operations.back(), place,
                v == 0       ? std::vector<std::string>{"input"}
                : v + 1 == n ? std::vector<std::string>{"output"}
                             : operation_names);
  }
  auto const rows = from.items(from.member(encoding, "matrix", "cell"), "matrix", n, n);
  dsl::dag graph{static_cast<int>(std::min(n, most_vertices))};
  for (std::size_t a = 0; a < rows.size(); ++a) {
    auto const place = fmt::format("matrix[{}]", a);
    auto const row = from.items(rows[a], place, n, n);
    for (std::size_t b = 0; b < row.size(); ++b)
      if (from.whole(row[b], fmt::format("{}[{}]", place, b), 0, b > a ? 1 : 0) == 1 && b < most_vertices)
        graph.connect(static_cast<int>(a), static_cast<int>(b));
  }
  from.finish();
  cell.graph = on_ways(graph);
  if (cell.graph.in_degree(graph.nodes - 1) == 0)
    from.fault("matrix", "no way leads from the input to the output", "at least one");
  from.finish();
  return cell;
}

graph nas_bench_101_network(nas_bench_101_cell const& cell, nas_bench_101_skeleton const& skeleton) {
  region_builder to{{{"input", skeleton.input}}};
  int channels = skeleton.channels;
  auto x = conv_bn_relu(to, "input", 3, channels);
  for (int stack = 0; stack < skeleton.stacks; ++stack) {
    if (stack > 0) {
      x = max_pool(to, x, 2, 2);
      channels *= 2;
    }
    for (int i = 0; i < skeleton.cells; ++i)
      x = append_cell(to, x, cell, channels);
  }
  auto const y = classifier(to, x, skeleton.classes);
  return {"nas-bench-101", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
