#pragma once

#include <espalier/compiler/cost_sum.hpp>

#include <functional>
#include <vector>

namespace espalier::compiler {

/// A cost of which no sum over few decisions is known.
struct not_additive {};

/// What an operation of a network measures: its cost, or the time it takes.
template <class Value>
using operation_measure = std::function<Value(operation const& op, tensor_type const& in)>;

/// The sum of what every operation that holds no other measures in a network; of a recurrence's once a position.
template <class Value>
Value measured(region const& network, operation_measure<Value> const& measure);

/// The measures of all operations that an architecture may have, as terms over few decisions each. Throws
/// `not_additive` where an operation depends on too many of them.
template <class Value>
std::vector<cost_term<Value>> measured_terms(graph const& expanded, decision_space const& space,
                                             operation_measure<Value> const& measure);

} // namespace espalier::compiler
