#include "region_builder.hpp"

#include "joined_type.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::tensor_kind;

// The operation that reads a tensor as one of another kind.
operation adapter(tensor_kind wanted) {
  switch (wanted) {
  case tensor_kind::image:
    return make(dsl::operations::as_image{});
  case tensor_kind::sequence:
    return make(dsl::operations::as_sequence{});
  default:
    return make(dsl::operations::as_tokens{});
  }
}

bool is_positional(tensor_kind kind) {
  return dsl::holds(dsl::positional_kinds, kind);
}

} // namespace

region_builder::region_builder(std::vector<value> arguments) {
  for (auto const& argument : arguments)
    types_[argument.name] = argument.type;
  region_.arguments = std::move(arguments);
}

std::string region_builder::append(operation op, tensor_type const& type, std::string name) {
  if (name.empty())
    name = names_.fresh(op);
  types_[name] = type;
  op.results = {{name, type}};
  region_.operations.push_back(std::move(op));
  return name;
}

std::string region_builder::append(operation op, std::string name) {
  for (std::size_t i = 0; i < op.operands.size(); ++i)
    op.operands[i] = adapted(op.operands[i], kind_read(op));
  if (op.form() == structure::leaf)
    return append_leaf(std::move(op), std::move(name));
  if (op.form() == structure::block || op.form() == structure::choice) {
    auto const& held = op.regions.front();
    auto const type = held.type_of(held.yields.front());
    return append(std::move(op), type, std::move(name));
  }
  std::vector<tensor_type> operands;
  for (auto const& operand : op.operands)
    operands.push_back(type_of(operand));
  auto const type = joined_type(op, operands);
  return append(std::move(op), type, std::move(name));
}

std::string region_builder::adapted(std::string const& operand, tensor_kind wanted) {
  auto const kind = type_of(operand).kind;
  if (kind == wanted || !is_positional(kind) || !is_positional(wanted))
    return operand;
  auto op = adapter(wanted);
  op.operands = {operand};
  auto type = type_of(operand);
  type.kind = wanted;
  return append(std::move(op), type);
}

tensor_kind region_builder::kind_read(operation const& op) const {
  auto const kind = type_of(op.operands.front()).kind;
  if (op.form() != structure::leaf)
    return kind; // of a join all read the first one's
  auto const read = dsl::adapted(op.declaration->takes, kind);
  return read == tensor_kind::ids ? kind : read;
}

std::string region_builder::append_leaf(operation op, std::string name) {
  auto const& in = type_of(op.operands.front());
  int stride = 1;
  op.attributes = dsl::resolve(*op.declaration, op.attributes, in, stride);
  auto const made = op.declaration->infer(op.attributes, in);
  if (made.problem)
    throw user_error(fmt::format("%{}: {}", name.empty() ? names_.fresh(op) : name, sentence(made.problem)));
  return append(std::move(op), made.type, std::move(name));
}

region region_builder::finish(std::string const& yielded) && {
  region_.yields = {yielded};
  return std::move(region_);
}

} // namespace espalier::compiler
