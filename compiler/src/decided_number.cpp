#include "decided_number.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;
using dsl::quantity;
namespace operations = dsl::operations;

constexpr double verified_size = 65'536;     // of channels and maps, as the verifier allows them
constexpr double largest_number = 1LL << 50; // far below what a formula of them may not exceed

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

// No number within a formula is larger.
double magnitude(decided_number const& n) {
  double largest = verified_size;
  for (int const number : n.attributes)
    largest = std::max(largest, std::abs(static_cast<double>(number)));
  if (n.declaration->evaluate == nullptr) {
    for (auto const& option : n.operands)
      largest = std::max(largest, magnitude(option));
    return largest;
  }
  double product = 1;
  for (auto const& operand : n.operands)
    product *= magnitude(operand);
  return std::max(largest, product);
}

} // namespace

dsl::fault fault_of(decided_number const& n) {
  using dsl::rule;
  auto const& [first, last, step] = std::tie(n.attributes[0], n.attributes[1], n.attributes[2]);
  if (n.declaration == &declaration_of<operations::one_of> && n.operands.size() < 2)
    return {rule::single_option, static_cast<long long>(n.operands.size()), 2};
  if (n.declaration == &declaration_of<operations::range> && step < 1)
    return {rule::range_step_not_positive, step, 1};
  if (n.declaration == &declaration_of<operations::range> && first > last)
    return {rule::range_reversed, first, last};
  if (n.declaration == &declaration_of<operations::rounded> && first < 1)
    return {rule::size_not_positive, first, 1, "divisor"};
  for (auto const& operand : n.operands)
    if (auto const found = fault_of(operand))
      return found;
  if (magnitude(n) > largest_number)
    return {rule::number_too_large, static_cast<long long>(std::min(magnitude(n), 1e18)),
            static_cast<long long>(largest_number), "formula"};
  return {};
}

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
