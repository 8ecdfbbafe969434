#pragma once

#include <espalier/compiler/decisions.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace espalier::compiler {

/// What depends on a few decisions: a value for each combination of theirs. The last decision varies fastest; a subset
/// counts in the order of `subset_values`.
template <class T>
struct decided_value {
  std::vector<int> decisions; ///< In rising order.
  std::vector<T> values;
};

/// What an operation of a network measures: its cost, or the time it takes.
using operation_measure = std::function<dsl::operation_cost(operation const&, tensor_type const& in)>;

/// The costs of all operations that an architecture may have, as a sum of terms over few decisions each; nothing where
/// an operation depends on too many of them, or on something that only a whole architecture says.
std::optional<std::vector<decided_value<dsl::operation_cost>>>
cost_terms(graph const& expanded, decision_space const& space, operation_measure const& measure);

} // namespace espalier::compiler
