#pragma once

#include <espalier/compiler/sample.hpp>

namespace espalier::compiler {

/// A constraint and what the space's own budgets demand: the lowest limit of each kind.
constraint within_budgets_of(graph const& space, constraint limit);

} // namespace espalier::compiler
