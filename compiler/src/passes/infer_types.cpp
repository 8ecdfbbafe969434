#include <espalier/compiler/passes/infer_types.hpp>

#include "../region_builder.hpp"

#include <espalier/compiler/error.hpp>

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
  auto const name = op.name();
  if (!op.decided.empty()) {
    if (op.type().channels == 0)
      throw user_error(fmt::format("%{}: its numbers are decisions; expand gives its type", name));
    auto const type = op.type();
    into.append(std::move(op), type, name);
    return;
  }
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
    into.reserve(op.name());
  for (auto const& op : in.operations)
    append(op, into);
  return std::move(into).finish(in.yields.front());
}

} // namespace

graph infer_types(graph const& g) {
  if (!g.is_expanded())
    throw user_error(
        fmt::format("\"{}\": infer_types is for graphs without repeats and cells; run expand before it", g.name));
  return {g.name, typed(g.body, {g.input()})};
}

} // namespace espalier::compiler
