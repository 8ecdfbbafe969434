#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Writes what is equal in one way: the operands of sums and means in the order of their definition, and a sum that
/// only another sum reads as terms of that. For expanded graphs and networks.
graph canonicalize(graph const& g);

} // namespace espalier::compiler
