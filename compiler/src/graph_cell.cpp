#include "graph_cell.hpp"

#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/normalization.hpp>

#include <algorithm>
#include <bit>
#include <vector>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

std::string append_projection(region_builder& into, int channels, std::string const& name) {
  return into.block(
      "projection", "x",
      [&](region_builder& body, std::string const& x) {
        auto const projected = body.leaf(dsl::operations::conv{.kernel = 1, .channels = channels}, x);
        return body.leaf(dsl::operations::relu{}, body.leaf(dsl::operations::batch_norm{}, projected));
      },
      name);
}

std::string sum_of(region_builder& into, std::vector<std::string> terms) {
  return terms.size() == 1 ? terms.front() : into.join(dsl::operations::add{}, std::move(terms));
}

// Leaves what is on a way from the first vertex to the last.
void prune(std::vector<graph_vertex>& vertices) {
  std::uint32_t reached = 1;
  for (std::size_t v = 1; v < vertices.size(); ++v)
    reached |= (vertices[v].reads & reached) != 0 ? 1U << v : 0;
  std::uint32_t leads = 1U << (vertices.size() - 1);
  for (std::size_t v = vertices.size(); v-- > 0;)
    if ((leads >> v & 1U) != 0)
      leads |= vertices[v].reads;
  for (std::size_t v = 0; v < vertices.size(); ++v)
    vertices[v].reads &= (leads >> v & 1U) != 0 ? reached : 0;
}

} // namespace

std::vector<graph_vertex> graph_vertices(int vertices, std::uint32_t edges) {
  std::vector<graph_vertex> found(static_cast<std::size_t>(vertices));
  unsigned bit = 0;
  for (std::size_t from = 0; from < found.size(); ++from)
    for (std::size_t to = from + 1; to < found.size(); ++to)
      found[to].reads |= (edges >> bit++ & 1U) << from;
  prune(found);
  auto const last = found.size() - 1;
  auto const among = std::popcount(found[last].reads & ~1U);
  int given = 0;
  for (std::size_t v = 1; v < last; ++v) {
    bool const is_concatenated = found[last].reads_vertex(static_cast<int>(v));
    found[v].among = found[v].reads != 0 ? among : 0;
    found[v].place = is_concatenated ? given++ : among;
  }
  for (std::size_t v = last; v-- > 1;)
    for (std::size_t s = v + 1; s < last && !found[last].reads_vertex(static_cast<int>(v)); ++s)
      if (found[s].reads_vertex(static_cast<int>(v)))
        found[v].place = std::min(found[v].place, found[s].place);
  return found;
}

std::string append_graph_cell(region_builder& into, operation const& cell, std::uint32_t edges,
                              std::function<region(std::size_t, dsl::shape const&)> const& bind_vertex,
                              std::string const& name) {
  auto const in = into.shape_of(cell.operands.front());
  int const channels = cell.attribute("channels") > 0 ? cell.attribute("channels") : static_cast<int>(in.channels.low);
  int const last = cell.attribute("nodes") + 1;
  auto const vertices = graph_vertices(last + 1, edges);
  auto const& output_vertex = vertices.back();
  region_builder body;
  body.add_argument("x", in);
  std::vector<std::string> values(static_cast<std::size_t>(last));
  std::vector<std::string> concatenated;
  for (int v = 1; v < last; ++v) {
    auto const at = static_cast<std::size_t>(v);
    auto const& vertex = vertices[at];
    if (vertex.reads == 0)
      continue;
    auto const width = vertex.width(channels);
    std::vector<std::string> read;
    for (int p = 1; p < v; ++p)
      if (vertex.reads_vertex(p)) {
        auto const& value = values[static_cast<std::size_t>(p)];
        bool const fits = body.shape_of(value).channels.is(width);
        read.push_back(fits ? value : body.leaf(dsl::operations::truncate{width}, value));
      }
    if (vertex.reads_vertex(0))
      read.push_back(append_projection(body, width, fmt::format("projection{}", v)));
    auto const input = sum_of(body, std::move(read));
    for (auto op : bind_vertex(at - 1, body.shape_of(input)).operations) {
      op.operands = {input};
      values[at] = body.append(op, dsl::shape_of(op.type()), op.name());
    }
    if (output_vertex.reads_vertex(v))
      concatenated.push_back(values[at]);
  }
  std::vector<std::string> ends;
  if (!concatenated.empty())
    ends.push_back(concatenated.size() == 1 ? concatenated.front()
                                            : body.join(dsl::operations::concat{}, std::move(concatenated)));
  if (output_vertex.reads_vertex(0))
    ends.push_back(append_projection(body, channels, fmt::format("projection{}", last)));
  auto const output = ends.empty() ? body.leaf(dsl::operations::none{1, channels}, "x") : sum_of(body, std::move(ends));
  auto block = make(dsl::operations::block{}, cell.label, cell.operands);
  auto const type = body.shape_of(output);
  block.regions.push_back(std::move(body).finish(output));
  return into.append(std::move(block), type, name);
}

} // namespace espalier::compiler
