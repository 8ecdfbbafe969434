#pragma once

#include "region_builder.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A vertex of a cell of NAS-Bench-101 where some of its edges are there (Ying et al. 2019, section 2.2 and appendix).
struct graph_vertex {
  std::uint32_t reads = 0; ///< Vertices on a way from input to output, a bit each; none of a vertex that is on no way.
  int place = 0;           ///< Among those that the output concatenates, or the first that reads it of these.
  int among = 0;

  [[nodiscard]] bool reads_vertex(int v) const { return (reads >> static_cast<unsigned>(v) & 1U) != 0; }
  /// The channels are divided among what is concatenated, the remainder goes to the first ones; each other vertex is
  /// as wide as the widest that reads it.
  [[nodiscard]] int width(int channels) const { return channels / among + (place < channels % among ? 1 : 0); }
};

/// All vertices, the input and the output among them. `edges` has a bit for each pair of vertices in the order of the
/// decision's options.
std::vector<graph_vertex> graph_vertices(int vertices, std::uint32_t edges);

/// Appends the block that such a cell becomes: vertices on a way from input to output alone; what reads the input does
/// so through a 1x1 convolution, and wider values are cut to what their reader needs. Zeros where no way leads to the
/// output. `bind_vertex(v, in)` gives the operation of inner vertex `v` (counted from 0) for an input of this shape.
std::string append_graph_cell(region_builder& into, operation const& cell, std::uint32_t edges,
                              std::function<region(std::size_t, dsl::shape const&)> const& bind_vertex,
                              std::string const& name);

} // namespace espalier::compiler
