#pragma once

#include <espalier/dsl/cardinality.hpp>
#include <espalier/dsl/operations/structure.hpp>
#include <espalier/dsl/space_view.hpp>

namespace espalier::compiler {

/// How many architectures of a space have at most so many parameters, or multiply-adds, exactly; budgets that the space
/// itself states hold too. Nothing is enumerated: costs are added up along the space, equal ones together.
///
/// Throws `user_error` for a space that breaks a rule, where costs do not add up over decisions (a `graph_cell`,
/// concatenated skips, a cell used at several places whose shapes depend on decisions that have no name), and where
/// architectures have too many different costs to count them within seconds.
dsl::cardinality count_within(dsl::space_view space, dsl::params most);
dsl::cardinality count_within(dsl::space_view space, dsl::macs most);

/// How many architectures keep the budgets that the space states.
dsl::cardinality count_within(dsl::space_view space);

} // namespace espalier::compiler
