#pragma once

#include <espalier/compiler/graph.hpp>

#include <optional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// What the numbers inside a block may refer to: what the block reads.
struct number_scope {
  dsl::quantity input_channels = 0;
  dsl::quantity input_size = 0;

  static number_scope of(dsl::shape const& in) { return {in.channels, in.height}; }
};

/// What is wrong with a number, whatever the operation that has it: before that is known, it has no value.
dsl::fault fault_of(decided_number const& n);

/// Whether it is a decision itself (`one_of`, `range`), no formula and no constant.
bool is_decision(decided_number const& n);

/// What the options of a decision stand for, in their order.
std::vector<int> options_of(decided_number const& decision);

/// Calls `visit(decision)` for every decision in a formula.
template <class Number, class Visit>
void for_each_decision(Number& n, Visit visit) {
  if (is_decision(n))
    return visit(n);
  for (auto& operand : n.operands)
    for_each_decision(operand, visit);
}

/// The value of a number in every architecture: of a decision all that it can be.
dsl::quantity quantity_of(decided_number const& n, number_scope const& scope);

/// The value of a number where `value_of(decision)` tells what each decision is.
template <class ValueOf>
dsl::quantity quantity_of(decided_number const& n, number_scope const& scope, ValueOf const& value_of) {
  if (is_decision(n))
    return value_of(n);
  if (n.declaration->evaluate == nullptr)
    return quantity_of(n, scope);
  auto const operand = [&](std::size_t i) {
    return i < n.operands.size() ? quantity_of(n.operands[i], scope, value_of) : dsl::quantity{};
  };
  return n.declaration->evaluate(dsl::quantities_of(n.attributes), operand(0), operand(1));
}

/// The numbers of an operation in every architecture.
dsl::attribute_quantities numbers_of(operation const& op, number_scope const& scope);

} // namespace espalier::compiler
