#include "graph_cell.hpp"

#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/normalization.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The edges on a way from the first vertex to the last; none where there is no way.
dsl::dag pruned(int vertices, std::uint32_t edges) {
  dsl::dag all{vertices};
  unsigned bit = 0;
  for (int from = 0; from < vertices; ++from)
    for (int to = from + 1; to < vertices; ++to)
      if ((edges >> bit++ & 1U) != 0)
        all.connect(from, to);
  std::vector<bool> reached(static_cast<std::size_t>(vertices));
  auto leads = reached;
  reached.front() = true;
  leads.back() = true;
  for (int v = 0; v < vertices; ++v)
    for (int p = 0; p < v; ++p)
      if (all.has(p, v) && reached[static_cast<std::size_t>(p)])
        reached[static_cast<std::size_t>(v)] = true;
  for (int v = vertices - 1; v >= 0; --v)
    for (int s = v + 1; s < vertices; ++s)
      if (all.has(v, s) && leads[static_cast<std::size_t>(s)])
        leads[static_cast<std::size_t>(v)] = true;
  dsl::dag kept{vertices};
  for (int from = 0; from < vertices; ++from)
    for (int to = from + 1; to < vertices; ++to)
      if (all.has(from, to) && reached[static_cast<std::size_t>(from)] && leads[static_cast<std::size_t>(to)])
        kept.connect(from, to);
  return kept;
}

// How wide each vertex is: the inner ones that the last one concatenates share its channels, the remainder goes to the
// first of them.
std::vector<int> widths(dsl::dag const& g, int channels) {
  int const last = g.nodes - 1;
  std::vector<int> width(static_cast<std::size_t>(g.nodes));
  int concatenated = 0;
  for (int v = 1; v < last; ++v)
    concatenated += g.has(v, last) ? 1 : 0;
  int given = 0;
  for (int v = 1; v < last; ++v)
    if (g.has(v, last))
      width[static_cast<std::size_t>(v)] = channels / concatenated + (given++ < channels % concatenated ? 1 : 0);
  for (int v = last - 1; v > 0; --v)
    if (!g.has(v, last))
      for (int s = v + 1; s < last; ++s)
        if (g.has(v, s))
          width[static_cast<std::size_t>(v)] =
              std::max(width[static_cast<std::size_t>(v)], width[static_cast<std::size_t>(s)]);
  return width;
}

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

} // namespace

std::string append_graph_cell(region_builder& into, operation const& cell, std::uint32_t edges,
                              std::function<region(std::size_t, dsl::shape const&)> const& bind_vertex,
                              std::string const& name) {
  auto const in = into.shape_of(cell.operands.front());
  int const channels = cell.attribute("channels") > 0 ? cell.attribute("channels") : static_cast<int>(in.channels.low);
  int const last = cell.attribute("nodes") + 1;
  auto const g = pruned(last + 1, edges);
  auto const width = widths(g, channels);
  region_builder body;
  body.add_argument("x", in);
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
      read.push_back(append_projection(body, width[at], fmt::format("projection{}", v)));
    auto const input = sum_of(body, std::move(read));
    for (auto op : bind_vertex(at - 1, body.shape_of(input)).operations) {
      op.operands = {input};
      values[at] = body.append(op, dsl::shape_of(op.type()), op.name());
    }
    if (g.has(v, last))
      concatenated.push_back(values[at]);
  }
  std::vector<std::string> ends;
  if (!concatenated.empty())
    ends.push_back(concatenated.size() == 1 ? concatenated.front()
                                            : body.join(dsl::operations::concat{}, std::move(concatenated)));
  if (g.has(0, last))
    ends.push_back(append_projection(body, channels, fmt::format("projection{}", last)));
  auto const output = ends.empty() ? body.leaf(dsl::operations::none{1, channels}, "x") : sum_of(body, std::move(ends));
  auto block = make(dsl::operations::block{}, cell.label, cell.operands);
  auto const type = body.shape_of(output);
  block.regions.push_back(std::move(body).finish(output));
  return into.append(std::move(block), type, name);
}

} // namespace espalier::compiler
