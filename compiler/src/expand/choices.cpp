#include "expansion.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::rule;

// A candidate that gives another kind of tensor than the first one ends in an adapter.
void adapt_candidate(region& candidate, std::string const& name, dsl::shape const& type, dsl::tensor_kind wanted) {
  region_builder wrapped;
  auto& only = candidate.operations.front();
  std::vector<std::string> operands;
  for (auto const& argument : candidate.arguments) {
    wrapped.add_argument(argument.name, dsl::shape_of(argument.type));
    operands.push_back(argument.name);
  }
  auto const made = wrapped.append(only, type, only.name());
  auto const adapted = wrapped.adapted(made, wanted);
  auto block = make(dsl::operations::block{}, name, operands);
  auto const adapted_type = wrapped.shape_of(adapted);
  block.regions.push_back(std::move(wrapped).finish(adapted));
  region_builder whole{candidate.arguments};
  auto const yielded = whole.append(std::move(block), adapted_type);
  candidate = std::move(whole).finish(yielded);
}

} // namespace

std::string expansion::append_choice(operation op, expansion_scope& scope, std::string const& name,
                                     bool has_weak_none) {
  if (op.label.empty())
    op.label = name.empty() ? scope.path_to(op.name()) : scope.path; // a cell's edge already has its path
  if (has_weak_none)
    op.set_attribute("weak_none", 1);
  std::vector<dsl::shape> operands;
  for (auto& operand : op.operands) {
    operand = scope.value_of(operand);
    operands.push_back(scope.into.shape_of(operand));
  }
  auto const names = candidate_names(op);
  dsl::shape type{};
  int stride_after = scope.edge_stride;
  for (std::size_t i = 0; i < op.regions.size(); ++i) {
    int stride = scope.edge_stride;
    auto candidate = expand_region(op.regions[i], operands, scope, op.label + "/" + names[i], stride);
    if (i == 0)
      type = candidate.type, stride_after = stride;
    if (candidate.type.kind != type.kind)
      adapt_candidate(candidate.body, names[i], candidate.type, type.kind);
    if (candidate.type.channels.high > type.channels.high)
      type.channels = candidate.type.channels;
    op.regions[i] = std::move(candidate.body);
  }
  scope.edge_stride = stride_after;
  return scope.into.append(std::move(op), type, name);
}

std::string expansion::append_branches(operation const& op, expansion_scope& scope) {
  auto const operand = scope.value_of(op.operands.front());
  int const stride_before = scope.edge_stride;
  int stride_after = stride_before;
  std::vector<std::string> branches;
  for (auto const& branch : op.regions) {
    int stride = stride_before;
    auto const path = scope.path_to(fmt::format("{}/{}", op.name(), branches.size()));
    branches.push_back(append_inline(branch, scope, {operand}, path, stride).front());
    if (branches.size() == 1)
      stride_after = stride;
  }
  scope.edge_stride = stride_after;
  if (op.form() == structure::branches && op.attribute("join") == 1)
    return scope.into.join(dsl::operations::concat{}, std::move(branches));
  int const least = op.form() == structure::any_of ? op.attribute("at_least") : static_cast<int>(branches.size());
  int const all = static_cast<int>(branches.size());
  if (least >= all)
    return scope.into.join(dsl::operations::add{}, std::move(branches));
  auto select = make(dsl::operations::select{least, all}, op.label.empty() ? scope.path_to(op.name()) : op.label,
                     std::move(branches));
  return scope.into.append(std::move(select));
}

void expansion::append_repeat(operation const& op, expansion_scope& scope) {
  auto const& body = op.regions.front();
  auto const path = scope.path_to(op.results.back().name);
  auto numbers = op.decided;
  for (auto& number : numbers)
    name_decisions(number.value, path + "/count");
  auto const count =
      numbers.empty() ? dsl::quantity{op.attribute("count")} : quantity_of(numbers.front().value, scope.numbers);
  std::vector<std::vector<std::string>> after; // the carried values after each repetition
  std::vector<std::string> carried;
  for (auto const& operand : op.operands)
    carried.push_back(scope.value_of(operand));
  for (int k = 0; k <= count.high; ++k) {
    if (k >= count.low)
      after.push_back(carried);
    if (k == count.high)
      break;
    int stride = 1;
    carried = append_inline(body, scope, carried, fmt::format("{}/{}", path, k), stride);
  }
  for (std::size_t i = 0; i < carried.size(); ++i) {
    std::vector<std::string> exits;
    for (auto const& values : after)
      exits.push_back(values[i]);
    scope.values[op.results[i].name] =
        exits.size() == 1 ? exits.front()
                          : append_pick(scope.into, std::move(exits),
                                        difference(numbers.front().value, static_cast<int>(count.low)), {});
  }
}

void expansion::append_bridge(operation const& op, expansion_scope& scope) {
  auto const& body = op.regions.front();
  auto const skip = scope.value_of(op.operands.back());
  auto const path = scope.path_to(op.name());
  int stride = 1;
  auto const below = append_inline(body, scope, {scope.value_of(op.operands.front()), skip}, path, stride);
  scope.values[op.name()] = append_inline(op.regions.back(), scope, {skip, below.back()}, path, stride).back();
}

std::string append_pick(region_builder& into, std::vector<std::string> values, decided_number which,
                        std::string const& name) {
  auto op = make(dsl::operations::pick{}, {}, std::move(values));
  op.decided.push_back({op.declaration->index_of("which"), std::move(which)});
  return into.append(std::move(op), name);
}

decided_number index_decision(std::string label, int count) {
  return {&dsl::declaration_of<dsl::operations::range>,
          std::move(label),
          dsl::constants_of(dsl::operations::range{0, count - 1, 1}),
          {}};
}

decided_number difference(decided_number a, int b) {
  if (b == 0)
    return a;
  decided_number constant{
      &dsl::declaration_of<dsl::operations::value>, {}, dsl::constants_of(dsl::operations::value{b}), {}};
  return {&dsl::declaration_of<dsl::operations::difference>, {}, {}, {std::move(a), std::move(constant)}};
}

} // namespace espalier::compiler
