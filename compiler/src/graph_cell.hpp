#pragma once

#include "region_builder.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace espalier::compiler {

/// Appends the block that a cell of NAS-Bench-101 becomes (Ying et al. 2019, section 2.2 and appendix): vertices on a
/// way from input to output alone; the cell's channels are divided among the vertices that the output concatenates,
/// each other vertex is as wide as the widest that reads it, what reads the input does so through a 1x1 convolution,
/// and wider values are cut to what their reader needs. Zeros where no way leads to the output.
///
/// `edges` has a bit for each pair of vertices in the order of the decision's options; `bind_vertex(v, in)` gives the
/// operation of inner vertex `v` (counted from 0) for an input of this shape.
std::string append_graph_cell(region_builder& into, operation const& cell, std::uint32_t edges,
                              std::function<region(std::size_t, dsl::shape const&)> const& bind_vertex,
                              std::string const& name);

} // namespace espalier::compiler
