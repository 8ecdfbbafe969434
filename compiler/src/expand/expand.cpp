#include <espalier/compiler/expand.hpp>

#include "expansion.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

bool is_typed(operation const& op) {
  return is_statement(op.form()) || op.type().channels > 0;
}

} // namespace

graph expand(graph const& structured) {
  if (structured.is_expanded() && std::ranges::all_of(structured.body.operations, is_typed))
    return structured;
  region_builder unused;
  expansion_scope outer{unused, {}, {}, number_scope::of(dsl::shape_of(structured.input())), 1};
  int edge_stride = 1;
  auto whole = expansion{}.expand_region(structured.body, {dsl::shape_of(structured.input())}, outer, "", edge_stride);
  return {structured.name, std::move(whole.body)};
}

void expansion::append(operation const& op, expansion_scope& scope, std::string const& name) {
  auto const give = [&](std::string made) { scope.values[op.name()] = std::move(made); };
  switch (op.form()) {
  case structure::leaf:
    return give(append_leaf(op, scope, name));
  case structure::block:
  case structure::stem:
    return give(append_block(op, scope, name));
  case structure::choice:
    return give(append_choice(op, scope, name));
  case structure::any_of:
  case structure::branches:
    return give(append_branches(op, scope));
  case structure::repeat:
    return append_repeat(op, scope);
  case structure::bridge:
    return append_bridge(op, scope);
  case structure::cell:
    return give(append_cell(op, scope));
  case structure::recurrent_cell:
    return give(append_recurrent_cell(op, scope));
  case structure::skip_chain:
    return give(append_skip_chain(op, scope));
  case structure::wiring:
    return give(append_wiring(op, scope));
  case structure::graph_cell:
    return give(append_graph_cell(op, scope));
  case structure::layer_chain:
    return give(append_layer_chain(op, scope));
  case structure::chain:
    return give(append_chain(op, scope));
  case structure::constraint:
  case structure::budget:
    return append_statement(op, scope);
  default:
    if (!is_join(op.form()))
      throw internal_error(fmt::format("{} is not expanded", op.declaration->name));
    return give(append_join(op, scope, name));
  }
}

expansion::expanded_region expansion::expand_region(region const& structured, std::vector<dsl::shape> const& arguments,
                                                    expansion_scope const& outer, std::string const& path,
                                                    int& edge_stride) {
  region_builder body;
  expansion_scope scope{body, {}, path, outer.numbers, edge_stride};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto const& name = structured.arguments[i].name;
    body.add_argument(name, arguments[i]);
    scope.values[name] = name;
  }
  for (auto const& op : structured.operations)
    append(op, scope);
  edge_stride = scope.edge_stride;
  auto const& yielded = scope.value_of(structured.yields.back());
  auto const type = body.shape_of(yielded);
  return {std::move(body).finish(yielded), type};
}

std::vector<std::string> expansion::append_inline(region const& body, expansion_scope const& outer,
                                                  std::vector<std::string> const& arguments, std::string const& path,
                                                  int& edge_stride) {
  expansion_scope scope{outer.into, {}, path, outer.numbers, edge_stride};
  for (std::size_t i = 0; i < arguments.size(); ++i)
    scope.values[body.arguments[i].name] = arguments[i];
  for (auto const& op : body.operations)
    append(op, scope);
  edge_stride = scope.edge_stride;
  std::vector<std::string> yields;
  for (auto const& yielded : body.yields)
    yields.push_back(scope.value_of(yielded));
  return yields;
}

std::string expansion::append_leaf(operation op, expansion_scope& scope, std::string const& name) {
  auto const operand = scope.value_of(op.operands.front());
  if (op.is("require")) // holds everywhere, or a rule has refused the space
    return operand;
  for (auto& number : op.decided)
    name_decisions(number.value, fmt::format("{}/{}", name.empty() ? scope.path_to(op.name()) : scope.path,
                                             op.declaration->attributes[number.attribute].name));
  op.operands = {operand};
  auto const numbers = numbers_of(op, scope.numbers);
  if (op.is("skip_connect") && scope.edge_stride > 1) {
    scope.edge_stride = 1;
    return append_preprocess(scope.into, operand, {}, true, "skip_connect", name);
  }
  return scope.into.append_leaf(std::move(op), numbers, scope.edge_stride, name);
}

std::string expansion::append_block(operation op, expansion_scope& scope, std::string const& name) {
  std::vector<dsl::shape> types;
  for (auto& operand : op.operands) {
    operand = scope.value_of(operand);
    types.push_back(scope.into.shape_of(operand));
  }
  auto const path = name.empty() ? scope.path_to(op.name()) : scope.path;
  auto const outer = scope.numbers;
  if (!op.label.empty())
    scope.numbers = number_scope::of(types.front());
  auto inner = expand_region(op.regions.front(), types, scope, path, scope.edge_stride);
  scope.numbers = outer;
  op.declaration = &dsl::declaration_of<dsl::operations::block>;
  op.attributes = {};
  op.regions = {std::move(inner.body)};
  return scope.into.append(std::move(op), inner.type, name);
}

std::string expansion::append_join(operation op, expansion_scope& scope, std::string const& name) {
  for (auto& operand : op.operands)
    operand = scope.value_of(operand);
  return scope.into.append(std::move(op), name);
}

void expansion::append_statement(operation op, expansion_scope& scope) {
  for (auto& number : op.decided)
    name_decisions(number.value, scope.path_to(std::string{op.declaration->name}));
  scope.into.append_statement(std::move(op));
}

void name_decisions(decided_number& n, std::string const& path) {
  int unnamed = 0;
  for_each_decision(n, [&](decided_number& decision) {
    if (decision.label.empty())
      decision.label = ++unnamed == 1 ? path : fmt::format("{}_{}", path, unnamed);
  });
}

} // namespace espalier::compiler
