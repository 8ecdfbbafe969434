#pragma once

#include "region_builder.hpp"

#include <espalier/dsl/random_graph.hpp>

#include <functional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// The edges of a graph on a way from its first vertex to its last; none where there is no way.
dsl::dag on_ways(dsl::dag const& graph);

/// How wide each vertex of a cell of NAS-Bench-101 is (`compute_vertex_channels`), 0 off every way: those that the last
/// one concatenates share `out` channels, the remainder goes to the first of them; each other one is as wide as the
/// widest that reads it.
std::vector<int> vertex_channels(dsl::dag const& graph, int in, int out);

/// Appends the operation of inner vertex `vertex` (counted from 0), and returns its result's name.
using vertex_writer = std::function<std::string(region_builder& body, std::size_t vertex, std::string const& input)>;

/// Appends the block that a cell of NAS-Bench-101 becomes (Ying et al. 2019, section 2.2 and appendix): vertices on a
/// way from input to output alone; what reads the input does so through a 1x1 convolution, and wider values are cut to
/// what their reader needs. Zeros where no way leads to the output.
std::string append_graph_cell(region_builder& into, std::string const& label, std::string const& operand,
                              dsl::dag const& graph, int channels, vertex_writer const& append_vertex,
                              std::string const& name = {});

} // namespace espalier::compiler
