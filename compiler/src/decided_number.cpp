#include "decided_number.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/evaluate.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;
using dsl::quantity;
namespace operations = dsl::operations;

quantity all_of_range(long long first, long long last, long long step) {
  quantity all = first;
  if (step > 0 && last >= first + step) {
    all.high = last - (last - first) % step;
    all.step = step;
  }
  return all;
}

quantity all_of_list(std::vector<decided_number> const& options) {
  quantity all = options.empty() ? 0 : options.front().attributes[0];
  all.multiple = all.low;
  for (auto const& option : options) {
    long long const v = option.attributes[0];
    all.step = dsl::detail::common_divisor(all.step, v - all.low);
    all.multiple = dsl::detail::common_multiple(all.multiple, v);
    all.low = std::min(all.low, v);
    all.high = std::max(all.high, v);
  }
  return all;
}

// All that a decision can be, as an expression of its own; of one that breaks a rule, what there is.
quantity quantity_of_decision(decided_number const& n) {
  auto all = n.declaration == &declaration_of<operations::range>
                 ? all_of_range(n.attributes[0], n.attributes[1], n.attributes[2])
                 : all_of_list(n.operands);
  if (all.low != all.high)
    all.symbol = dsl::detail::identity(dsl::label{std::string_view{n.label}});
  return all;
}

} // namespace

bool is_decision(decided_number const& n) {
  return n.declaration == &declaration_of<operations::one_of> || n.declaration == &declaration_of<operations::range>;
}

std::vector<int> options_of(decided_number const& decision) {
  std::vector<int> options;
  if (decision.declaration == &declaration_of<operations::one_of>)
    for (auto const& operand : decision.operands)
      options.push_back(operand.attributes[0]);
  else
    for (int v = decision.attributes[0]; v <= decision.attributes[1]; v += decision.attributes[2])
      options.push_back(v);
  return options;
}

quantity quantity_of(decided_number const& n, number_scope const& scope) {
  if (is_decision(n))
    return quantity_of_decision(n);
  if (n.declaration == &declaration_of<operations::value>)
    return n.attributes[0];
  if (n.declaration == &declaration_of<operations::input_channels>)
    return scope.input_channels;
  if (n.declaration == &declaration_of<operations::input_size>)
    return scope.input_size;
  if (n.declaration->evaluate == nullptr)
    throw internal_error(fmt::format("{} is no number", n.declaration->name));
  return quantity_of(n, scope, quantity_of_decision);
}

dsl::attribute_quantities numbers_of(operation const& op, number_scope const& scope) {
  auto numbers = dsl::quantities_of(op.attributes, op.declaration->attribute_count);
  for (auto const& number : op.decided)
    numbers[number.attribute] = quantity_of(number.value, scope);
  return numbers;
}

} // namespace espalier::compiler
