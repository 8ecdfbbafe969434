#include "graph_cell.hpp"

#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/normalization.hpp>

#include <algorithm>

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

std::vector<int> vertex_channels(dsl::dag const& graph, int in, int out) {
  auto const g = on_ways(graph);
  int const last = g.nodes - 1;
  std::vector<int> width(static_cast<std::size_t>(g.nodes));
  width.front() = in;
  width.back() = out;
  int concatenated = 0;
  for (int v = 1; v < last; ++v)
    concatenated += g.has(v, last) ? 1 : 0;
  int given = 0;
  for (int v = 1; v < last; ++v)
    if (g.has(v, last))
      width[static_cast<std::size_t>(v)] = out / concatenated + (given++ < out % concatenated ? 1 : 0);
  for (int v = last - 1; v > 0; --v)
    if (!g.has(v, last))
      for (int s = v + 1; s < last; ++s)
        if (g.has(v, s))
          width[static_cast<std::size_t>(v)] =
              std::max(width[static_cast<std::size_t>(v)], width[static_cast<std::size_t>(s)]);
  return width;
}

std::string append_graph_cell(region_builder& into, std::string const& label, std::string const& operand,
                              dsl::dag const& graph, int channels, vertex_writer const& append_vertex,
                              std::string const& name) {
  auto const g = on_ways(graph);
  auto const width = vertex_channels(g, into.type_of(operand).channels, channels);
  int const last = g.nodes - 1;
  auto const write = [&](region_builder& body, std::string const& x) {
    std::vector<std::string> values(static_cast<std::size_t>(last));
    std::vector<std::string> concatenated;
    for (int v = 1; v < last; ++v) {
      auto const at = static_cast<std::size_t>(v);
      if (g.in_degree(v) == 0)
        continue;
      std::vector<std::string> read;
      for (int p = 1; p < v; ++p)
        if (g.has(p, v)) {
          auto const& value = values[static_cast<std::size_t>(p)];
          bool const fits = body.shape_of(value).channels.is(width[at]);
          read.push_back(fits ? value : body.leaf(dsl::operations::truncate{width[at]}, value));
        }
      if (g.has(0, v))
        read.push_back(append_projection(body, x, width[at], fmt::format("projection{}", v)));
      values[at] = append_vertex(body, at - 1, sum_of(body, std::move(read)));
      if (g.has(v, last))
        concatenated.push_back(values[at]);
    }
    std::vector<std::string> ends;
    if (!concatenated.empty())
      ends.push_back(concatenated.size() == 1 ? concatenated.front()
                                              : body.join(dsl::operations::concat{}, std::move(concatenated)));
    if (g.has(0, last))
      ends.push_back(append_projection(body, x, channels, fmt::format("projection{}", last)));
    return ends.empty() ? body.leaf(dsl::operations::none{1, channels}, x) : sum_of(body, std::move(ends));
  };
  return into.block(label, operand, write, name);
}

} // namespace espalier::compiler
