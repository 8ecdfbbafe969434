#include <espalier/compiler/decision_roles.hpp>

#include "decided_number.hpp"

#include <espalier/compiler/dataflow.hpp>
#include <espalier/dsl/numbers.hpp>

#include <algorithm>
#include <iterator>

namespace espalier::compiler {

namespace {

bool is_constant(decided_number const& n) {
  return n.declaration == &dsl::declaration_of<dsl::operations::value> ||
         (n.declaration->evaluate != nullptr && std::ranges::all_of(n.operands, is_constant));
}

bool picks_a_depth(region const& in, operation const& pick) {
  for (std::size_t i = 1; i < pick.operands.size(); ++i)
    if (!is_computed_from(in, pick.operands[i], pick.operands[i - 1]))
      return false;
  return true;
}

// What a number of an operation sizes, by its rules.
decision_role role_of(dsl::attribute_rules const& rules) {
  bool const rises = rules.cost == dsl::trend::rises;
  if (rules.slice == dsl::slicing::centre)
    return decision_role::kernel;
  if (rises && rules.slice == dsl::slicing::prefix && rules.relax == dsl::relaxation::masks)
    return decision_role::width;
  if (rises && rules.slice == dsl::slicing::none)
    return decision_role::resolution;
  return decision_role::other;
}

class role_reader {
public:
  explicit role_reader(decision_space const& space) : space_(space) {
    std::ranges::transform(space.decisions(), std::back_inserter(roles_), [](decision const& d) {
      return d.type == decision::kind::subset ? decision_role::input : decision_role::other;
    });
  }

  void visit(region const& in) {
    for (auto const& op : in.operations) {
      if (!is_statement(op.form()))
        for (auto const& [attribute, number] : op.decided)
          add(number, role_in(in, op, attribute));
      std::ranges::for_each(op.regions, [&](region const& held) { visit(held); });
    }
  }

  std::vector<decision_role> take() && { return std::move(roles_); }

private:
  static decision_role role_in(region const& in, operation const& op, std::size_t attribute) {
    if (op.form() == structure::pick)
      return picks_a_depth(in, op) ? decision_role::depth : decision_role::input;
    return role_of(op.declaration->attributes[attribute].rules);
  }

  // A factor of a width, where the other factor is not constant, is an expansion.
  void add(decided_number const& n, decision_role role) {
    if (is_decision(n)) {
      if (auto const i = space_.find(n.label); i >= 0) // a layer that no chain reaches decides nothing
        roles_[static_cast<std::size_t>(i)] = std::min(roles_[static_cast<std::size_t>(i)], role);
      return;
    }
    bool const multiplies = n.declaration == &dsl::declaration_of<dsl::operations::product> &&
                            role == decision_role::width && std::ranges::none_of(n.operands, is_constant);
    for (auto const& operand : n.operands)
      add(operand, multiplies ? decision_role::expansion : role);
  }

  decision_space const& space_;
  std::vector<decision_role> roles_;
};

} // namespace

std::vector<decision_role> roles_of(graph const& expanded, decision_space const& space) {
  role_reader reader{space};
  reader.visit(expanded.body);
  return std::move(reader).take();
}

} // namespace espalier::compiler
