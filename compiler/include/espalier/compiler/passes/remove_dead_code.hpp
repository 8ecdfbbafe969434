#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Removes values that nothing reads, backwards from what each region yields, and arguments that a block does not use
/// together with the operands for them, so that a cut branch disappears with everything only it used. Where constraints
/// or budgets speak of decisions, what decides stays. For expanded graphs and networks.
graph remove_dead_code(graph const& g);

} // namespace espalier::compiler
