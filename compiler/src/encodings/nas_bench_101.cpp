#include <espalier/compiler/encodings/nas_bench_101.hpp>

#include "layers.hpp"
#include "reading.hpp"

#include <espalier/dsl/blocks.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr std::size_t most_vertices = 62;
std::vector<std::string> const operation_names{"conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"};

// Which vertices can be reached from one along edges, or against them.
std::vector<bool> reached(nas_bench_101_cell const& cell, std::size_t from, bool backwards) {
  std::vector<bool> is_reached(cell.operations.size());
  std::vector<std::size_t> open{from};
  is_reached[from] = true;
  while (!open.empty()) {
    auto const at = open.back();
    open.pop_back();
    for (std::size_t next = 0; next < is_reached.size(); ++next)
      if (!is_reached[next] && (backwards ? cell.matrix[next][at] : cell.matrix[at][next])) {
        is_reached[next] = true;
        open.push_back(next);
      }
  }
  return is_reached;
}

nas_bench_101_cell pruned(nas_bench_101_cell const& cell) {
  auto const below = reached(cell, 0, false);
  auto const above = reached(cell, cell.operations.size() - 1, true);
  nas_bench_101_cell kept;
  for (std::size_t a = 0; a < below.size(); ++a) {
    if (!below[a] || !above[a])
      continue;
    kept.operations.push_back(cell.operations[a]);
    kept.matrix.emplace_back();
    for (std::size_t b = 0; b < below.size(); ++b)
      if (below[b] && above[b])
        kept.matrix.back().push_back(cell.matrix[a][b]);
  }
  return kept;
}

std::string conv_bn_relu(region_builder& to, std::string const& x, int kernel, int channels) {
  return relu(to, conv_bn(to, x, kernel, channels));
}

std::string truncated(region_builder& to, std::string const& x, int channels) {
  ops::truncate first;
  first.channels = channels;
  return to.type_of(x).channels == channels ? x : to.leaf(first, x);
}

std::string apply(region_builder& to, std::string const& x, std::string const& name, int channels) {
  if (name == "maxpool3x3")
    return max_pool(to, x, 3, 1);
  return conv_bn_relu(to, x, name == "conv1x1-bn-relu" ? 1 : 3, channels);
}

std::string append_cell(region_builder& to, std::string const& x, nas_bench_101_cell const& cell, int output) {
  auto const widths = nas_bench_101_channels(cell, to.type_of(x).channels, output);
  auto const last = widths.size() - 1;
  return to.block("cell", x, [&](region_builder& body, std::string const& input) {
    std::vector<std::string> vertices{input};
    std::vector<std::string> read_by_output;
    for (std::size_t v = 1; v < last; ++v) {
      std::vector<std::string> read;
      for (std::size_t from = 1; from < v; ++from)
        if (cell.matrix[from][v])
          read.push_back(truncated(body, vertices[from], widths[v]));
      if (cell.matrix[0][v])
        read.push_back(conv_bn_relu(body, input, 1, widths[v]));
      vertices.push_back(apply(body, added(body, read), cell.operations[v], widths[v]));
      if (cell.matrix[v][last])
        read_by_output.push_back(vertices.back());
    }
    if (read_by_output.empty())
      return conv_bn_relu(body, input, 1, output);
    auto const y = concatenated(body, read_by_output);
    return cell.matrix[0][last] ? added(body, {y, conv_bn_relu(body, input, 1, output)}) : y;
  });
}

} // namespace

std::vector<int> nas_bench_101_channels(nas_bench_101_cell const& cell, int input, int output) {
  auto const last = cell.operations.size() - 1;
  std::vector<int> widths(last + 1);
  widths[0] = input;
  widths[last] = output;
  int parts = 0;
  for (std::size_t v = 1; v < last; ++v)
    parts += cell.matrix[v][last] ? 1 : 0;
  for (std::size_t v = 1, part = 0; v < last; ++v)
    if (cell.matrix[v][last])
      widths[v] = output / parts + (static_cast<int>(part++) < output % parts ? 1 : 0);
  for (std::size_t v = last; v-- > 1;)
    for (std::size_t reader = v + 1; reader < last && !cell.matrix[v][last]; ++reader)
      if (cell.matrix[v][reader])
        widths[v] = std::max(widths[v], widths[reader]);
  return widths;
}

nas_bench_101_cell read_nas_bench_101_cell(nlohmann::json const& encoding) {
  reading from{"the cell of NAS-Bench-101"};
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
  for (std::size_t a = 0; a < rows.size(); ++a) {
    auto const place = fmt::format("matrix[{}]", a);
    auto const row = from.items(rows[a], place, n, n);
    cell.matrix.emplace_back(n);
    for (std::size_t b = 0; b < std::min(row.size(), n); ++b)
      cell.matrix[a][b] = from.whole(row[b], fmt::format("{}[{}]", place, b), 0, b > a ? 1 : 0) == 1;
  }
  from.finish();
  auto kept = pruned(cell);
  if (kept.operations.size() < 2 || kept.operations.back() != "output")
    from.fault("matrix", "no way leads from the input to the output", "at least one");
  from.finish();
  return kept;
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
