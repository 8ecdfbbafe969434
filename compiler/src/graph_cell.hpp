#pragma once

#include "region_builder.hpp"

#include <espalier/dsl/random_graph.hpp>

#include <functional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A graph with these edges: a bit for each pair of vertices, in the order of the decision's options.
dsl::dag graph_of(int vertices, std::uint32_t edges);

/// The edges of a graph on a way from its first vertex to its last; none where there is no way.
dsl::dag on_ways(dsl::dag const& graph);

/// A vertex of a cell of NAS-Bench-101 (`compute_vertex_channels`).
struct graph_vertex {
  std::uint64_t reads = 0; ///< Vertices on a way from input to output, a bit each; none of a vertex that is on no way.
  int place = 0;           ///< Among those that the output concatenates, or the first that reads it of these.
  int among = 0;

  [[nodiscard]] bool reads_vertex(int v) const { return (reads >> static_cast<unsigned>(v) & 1U) != 0; }
  /// The channels are divided among what is concatenated, the remainder goes to the first ones; each other vertex is
  /// as wide as the widest that reads it.
  [[nodiscard]] int width(int channels) const { return channels / among + (place < channels % among ? 1 : 0); }
};

/// All vertices, the input and the output among them.
std::vector<graph_vertex> graph_vertices(dsl::dag const& graph);

/// Appends the operation of inner vertex `vertex` (counted from 0), and returns its result's name.
using vertex_writer = std::function<std::string(region_builder& body, std::size_t vertex, std::string const& input)>;

/// Appends the block that a cell of NAS-Bench-101 becomes (Ying et al. 2019, section 2.2 and appendix): vertices on a
/// way from input to output alone; what reads the input does so through a 1x1 convolution, and wider values are cut to
/// what their reader needs. Zeros where no way leads to the output.
std::string append_graph_cell(region_builder& into, std::string const& label, std::string const& operand,
                              dsl::dag const& graph, int channels, vertex_writer const& append_vertex,
                              std::string const& name = {});

} // namespace espalier::compiler
