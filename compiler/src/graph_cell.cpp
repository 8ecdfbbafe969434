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

std::string append_projection(region_builder& into, std::string const& x, int channels, std::string const& name) {
  return into.block(
      "projection", x,
      [&](region_builder& body, std::string const& read) {
        auto const projected = body.leaf(dsl::operations::conv{.kernel = 1, .channels = channels}, read);
        return body.leaf(dsl::operations::relu{}, body.leaf(dsl::operations::batch_norm{}, projected));
      },
      name);
}

std::string sum_of(region_builder& into, std::vector<std::string> terms) {
  return terms.size() == 1 ? terms.front() : into.join(dsl::operations::add{}, std::move(terms));
}

} // namespace

dsl::dag graph_of(int vertices, std::uint32_t edges) {
  dsl::dag made{vertices};
  for (int from = 0; from < vertices; ++from)
    for (int to = from + 1; to < vertices; ++to, edges >>= 1U)
      if ((edges & 1U) != 0)
        made.connect(from, to);
  return made;
}

dsl::dag on_ways(dsl::dag const& graph) {
  std::vector<bool> reached(static_cast<std::size_t>(graph.nodes));
  auto leads = reached;
  reached.front() = true;
  leads.back() = true;
  for (int v = 0; v < graph.nodes; ++v)
    for (int p = 0; p < v; ++p)
      if (graph.has(p, v) && reached[static_cast<std::size_t>(p)])
        reached[static_cast<std::size_t>(v)] = true;
  for (int v = graph.nodes - 1; v >= 0; --v)
    for (int s = v + 1; s < graph.nodes; ++s)
      if (graph.has(v, s) && leads[static_cast<std::size_t>(s)])
        leads[static_cast<std::size_t>(v)] = true;
  dsl::dag kept{graph.nodes};
  for (int from = 0; from < graph.nodes; ++from)
    for (int to = from + 1; to < graph.nodes; ++to)
      if (graph.has(from, to) && reached[static_cast<std::size_t>(from)] && leads[static_cast<std::size_t>(to)])
        kept.connect(from, to);
  return kept;
}

std::vector<graph_vertex> graph_vertices(dsl::dag const& graph) {
  auto const g = on_ways(graph);
  int const last = g.nodes - 1;
  std::vector<graph_vertex> found(static_cast<std::size_t>(g.nodes));
  for (int v = 1; v <= last; ++v)
    found[static_cast<std::size_t>(v)].reads = g.into[v];
  auto const among = std::popcount(found.back().reads & ~std::uint64_t{1});
  int given = 0;
  for (int v = 1; v < last; ++v) {
    auto& vertex = found[static_cast<std::size_t>(v)];
    vertex.among = vertex.reads != 0 ? among : 0;
    vertex.place = g.has(v, last) ? given++ : among;
  }
  for (int v = last - 1; v > 0; --v)
    for (int s = v + 1; s < last && !g.has(v, last); ++s)
      if (g.has(v, s))
        found[static_cast<std::size_t>(v)].place =
            std::min(found[static_cast<std::size_t>(v)].place, found[static_cast<std::size_t>(s)].place);
  return found;
}

std::string append_graph_cell(region_builder& into, std::string const& label, std::string const& operand,
                              dsl::dag const& graph, int channels, vertex_writer const& append_vertex,
                              std::string const& name) {
  auto const vertices = graph_vertices(graph);
  auto const& output = vertices.back();
  int const last = graph.nodes - 1;
  auto const write = [&](region_builder& body, std::string const& x) {
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
        read.push_back(append_projection(body, x, width, fmt::format("projection{}", v)));
      values[at] = append_vertex(body, at - 1, sum_of(body, std::move(read)));
      if (output.reads_vertex(v))
        concatenated.push_back(values[at]);
    }
    std::vector<std::string> ends;
    if (!concatenated.empty())
      ends.push_back(concatenated.size() == 1 ? concatenated.front()
                                              : body.join(dsl::operations::concat{}, std::move(concatenated)));
    if (output.reads_vertex(0))
      ends.push_back(append_projection(body, x, channels, fmt::format("projection{}", last)));
    return ends.empty() ? body.leaf(dsl::operations::none{1, channels}, x) : sum_of(body, std::move(ends));
  };
  return into.block(label, operand, write, name);
}

} // namespace espalier::compiler
