#include <espalier/compiler/cost.hpp>

#include "cost_terms.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/specialize.hpp>

namespace espalier::compiler {

namespace {

operation_cost leaf_cost(region const& in, operation const& op) {
  if (op.form() == structure::weighted_sum)
    return {static_cast<long long>(op.operands.size()), 0};
  if (!op.declaration->is_leaf())
    return {};
  return op.declaration->cost(op.attributes, in.type_of(op.operands.front()), op.type());
}

operation_cost cost_of(region const& network) {
  operation_cost total;
  for (auto const& op : network.operations) {
    total += leaf_cost(network, op);
    if (op.form() == structure::choice)
      throw internal_error("cost_of needs a network without decisions");
    for (auto const& inner : op.regions) {
      auto held = cost_of(inner);
      if (op.form() == structure::recurrence) // the same weights at every position
        held.macs *= op.type().positions();
      total += held;
    }
  }
  return total;
}

} // namespace

operation_cost cost_of(graph const& network) {
  return cost_of(network.body);
}

cost_sum<operation_cost> sum_of_costs(graph const& expanded, decision_space const& space) {
  try {
    auto made = measured_terms<operation_cost>(expanded, space, [](operation const& leaf, tensor_type const& in) {
      return leaf.declaration->cost(leaf.attributes, in, leaf.type());
    });
    return {space, std::move(made.terms), std::move(made.derived)};
  } catch (not_additive const&) {
    return {space, [expanded, &space](architecture const& a) { return cost_of(specialize(expanded, space, a)); }};
  }
}

} // namespace espalier::compiler
