#pragma once

#include "decided_context.hpp"

#include <espalier/compiler/cost_sum.hpp>

#include <functional>
#include <vector>

namespace espalier::compiler {

/// What an operation of a network measures: its cost, or the time it takes.
template <class Value>
using operation_measure = std::function<Value(operation const& op, tensor_type const& in)>;

/// The sum of what every operation that holds no other measures in a network; of a recurrence's once a position.
template <class Value>
Value measured(region const& network, operation_measure<Value> const& measure);

/// Terms, and what they read that is derived from decisions.
template <class Value>
struct term_list {
  std::vector<cost_term<Value>> terms;
  std::vector<derived_variable> derived;
};

/// The measures of all operations that an architecture may have, as terms over few variables each. Throws
/// `not_additive` where an operation depends on too many of them.
template <class Value>
term_list<Value> measured_terms(graph const& expanded, decision_space const& space,
                                operation_measure<Value> const& measure);

} // namespace espalier::compiler
