#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Computes once what is computed several times: operations without weights and decisions that have equal numbers,
/// regions and operands (sums and means: in any order).
///
/// Bottom up through the regions. First, an operation that several blocks of a region begin with on the same value, or
/// a block and the region itself, moves out of them and becomes an operand (the ReLU before each edge of a DARTS cell);
/// then, within the region, each value gives way to the first equal one. Candidates of a choice share nothing with what
/// is around them, since only one of them may run. For expanded graphs and networks.
graph eliminate_common_subexpressions(graph const& g);

} // namespace espalier::compiler
