#include "rewrite.hpp"

#include "../text_lexer.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

template <class Predicate>
bool all_hold(region const& r, Predicate const& holds) {
  return std::ranges::all_of(r.operations, [&](operation const& op) {
    return holds(op) && std::ranges::all_of(op.regions, [&](region const& held) { return all_hold(held, holds); });
  });
}

bool is_typed(operation const& op) {
  return std::ranges::all_of(op.results, [](value const& result) { return result.type.channels > 0; });
}

bool decides_nothing(operation const& op) {
  return op.decided.empty() && op.form() != structure::pick && !text::decides(op.form());
}

// Formulas may name the channels and the size of what a block reads first.
bool has_formulas(region const& r) {
  return !all_hold(r, [](operation const& op) { return op.decided.empty(); });
}

bool has_no_weights(operation const& op) {
  switch (op.form()) {
  case structure::leaf:
    return op.declaration->cost_rule == nullptr || (op.is("skip_connect") && op.attribute("stride") == 1);
  case structure::concat:
    return op.attribute("unread") == 0;
  case structure::weighted_sum:
    return false;
  default:
    return true;
  }
}

} // namespace

bool is_function(operation const& op) {
  return !is_statement(op.form()) && decides_nothing(op) && has_no_weights(op) &&
         std::ranges::all_of(op.regions, [](region const& held) { return all_hold(held, is_function); });
}

std::set<std::string> values_that_decisions_name(region const& in) {
  std::set<std::string> values;
  for (auto const& op : in.operations)
    if (text::decides(op.form()) || op.form() == structure::pick ||
        (op.form() == structure::concat && op.attribute("unread") == 1))
      values.insert(op.operands.begin(), op.operands.end());
  return values;
}

bool is_network(graph const& g) {
  return g.is_expanded() && all_hold(g.body, decides_nothing);
}

void require_expanded(graph const& g, std::string_view pass) {
  if (!g.is_expanded())
    throw user_error(
        fmt::format("\"{}\": {} is for graphs without repeats and cells; run expand before it", g.name, pass));
  if (!all_hold(g.body, is_typed))
    throw user_error(fmt::format("\"{}\": {} needs the type of every value; run infer_types before it", g.name, pass));
}

void require_network(graph const& g, std::string_view pass) {
  require_expanded(g, pass);
  if (!is_network(g))
    throw user_error(fmt::format("\"{}\": {} is for networks, and this graph has decisions; run specialize before it",
                                 g.name, pass));
}

std::map<std::string, int> reads_of(region const& in) {
  std::map<std::string, int> reads;
  for (auto const& op : in.operations)
    for (auto const& operand : op.operands)
      ++reads[operand];
  for (auto const& yielded : in.yields)
    ++reads[yielded];
  return reads;
}

std::string free_name(region const& in, std::string_view base) {
  std::set<std::string_view> taken;
  for (auto const& argument : in.arguments)
    taken.insert(argument.name);
  for (auto const& op : in.operations)
    for (auto const& result : op.results)
      taken.insert(result.name);
  for (int i = 0;; ++i)
    if (auto name = fmt::format("{}{}", base, i); !taken.contains(name))
      return name;
}

std::vector<std::string> operands_around(operation const& block, operation const& inner) {
  auto const& arguments = block.regions.front().arguments;
  std::vector<std::string> around;
  for (auto const& operand : inner.operands) {
    auto const argument = std::ranges::find(arguments, operand, &value::name);
    if (argument == arguments.end())
      return {};
    around.push_back(block.operands[static_cast<std::size_t>(argument - arguments.begin())]);
  }
  return around;
}

void lift(operation& block, std::string const& inner, std::string const& value_around) {
  auto& body = block.regions.front();
  auto const found = std::ranges::find_if(body.operations, [&](operation const& op) { return op.name() == inner; });
  body.arguments.push_back(found->results.front());
  body.operations.erase(found);
  block.operands.push_back(value_around);
  remove_unused_arguments(block);
}

void remove_unused_arguments(operation& block) {
  auto& body = block.regions.front();
  auto const read = reads_of(body);
  for (std::size_t i = body.arguments.size(); i-- > 0;) {
    if (read.contains(body.arguments[i].name) || (i == 0 && has_formulas(body)))
      continue;
    body.arguments.erase(body.arguments.begin() + static_cast<std::ptrdiff_t>(i));
    block.operands.erase(block.operands.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

} // namespace espalier::compiler
