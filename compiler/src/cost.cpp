#include <espalier/compiler/cost.hpp>

#include "chain_costs.hpp"
#include "cost_terms.hpp"

#include <espalier/compiler/specialize.hpp>

namespace espalier::compiler {

namespace {

operation_cost cost_of_operation(operation const& op, tensor_type const& in) {
  if (op.form() == structure::weighted_sum)
    return {static_cast<long long>(op.operands.size()), 0};
  if (!op.declaration->is_leaf())
    return {};
  return op.declaration->cost(op.attributes, in, op.type());
}

} // namespace

operation_cost cost_of(graph const& network) {
  return measured<operation_cost>(network.body, cost_of_operation);
}

cost_sum<operation_cost> sum_of_costs(graph const& expanded, decision_space const& space) {
  try {
    auto made = measured_terms<operation_cost>(expanded, space, cost_of_operation);
    return {space, std::move(made.terms), std::move(made.derived)};
  } catch (not_additive const&) {
    if (auto const chain = chain_costs::find(expanded, space))
      return {space, [chain](architecture const& a) { return chain->of(a); },
              [chain](auto which, bool largest) { return chain->extreme(which, largest); }};
    return {space, [expanded, &space](architecture const& a) { return cost_of(specialize(expanded, space, a)); }};
  }
}

} // namespace espalier::compiler
