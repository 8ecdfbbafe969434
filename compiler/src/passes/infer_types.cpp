#include <espalier/compiler/passes/infer_types.hpp>

#include "../region_builder.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

region typed(region const& in, std::vector<tensor_type> const& types);

// The types of what a region of the operation is given.
std::vector<tensor_type> argument_types(operation const& op, region_builder const& around) {
  if (op.form() == structure::recurrence)
    return {{dsl::tensor_kind::vector, around.type_of(op.operands.front()).channels, 1, 1},
            {dsl::tensor_kind::vector, op.attribute("channels"), 1, 1}};
  std::vector<tensor_type> types;
  for (auto const& operand : op.operands)
    types.push_back(around.type_of(operand));
  return types;
}

void append(operation op, region_builder& into) {
  if (is_statement(op.form()))
    return into.append_statement(std::move(op));
  auto const name = op.name();
  for (auto& held : op.regions)
    held = typed(held, argument_types(op, into));
  if (op.form() == structure::block || op.form() == structure::choice) {
    auto const type = op.regions.front().type_of(op.regions.front().yields.front());
    into.append(std::move(op), type, name);
    return;
  }
  into.append(std::move(op), name);
}

region typed(region const& in, std::vector<tensor_type> const& types) {
  auto arguments = in.arguments;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    arguments[i].type = types[i];
  region_builder into{std::move(arguments)};
  for (auto const& op : in.operations)
    for (auto const& result : op.results)
      into.reserve(result.name);
  for (auto const& op : in.operations)
    append(op, into);
  return std::move(into).finish(in.yields.front());
}

// Where numbers are decisions, `expand` follows the widest types through all architectures.
bool decides_numbers(region const& r) {
  return std::ranges::any_of(r.operations, [](operation const& op) {
    return !op.decided.empty() || op.form() == structure::graph_cell || op.form() == structure::chain ||
           std::ranges::any_of(op.regions, decides_numbers);
  });
}

} // namespace

graph infer_types(graph const& g) {
  if (!g.is_expanded())
    throw user_error(
        fmt::format("\"{}\": infer_types is for graphs without repeats and cells; run expand before it", g.name));
  if (decides_numbers(g.body))
    return expand(g);
  return {g.name, typed(g.body, {g.input()})};
}

} // namespace espalier::compiler
