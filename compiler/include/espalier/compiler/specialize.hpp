#pragma once

#include <espalier/compiler/architecture.hpp>

namespace espalier::compiler {

/// The network of one architecture: every choice replaced by its candidate, every select by the sum of the kept edges,
/// and whatever nothing reads removed. Names stay those of the supernet: candidate `c` of choice `%e` is called `%e_c`.
graph specialize(graph const& expanded, decision_space const& space, architecture const& a);

/// The network as it is trained alone: batch normalizations that exist only while searching are removed.
graph without_search_operations(graph const& network);

} // namespace espalier::compiler
