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

tensor_type widest(dsl::shape const& s) {
  return {s.kind, static_cast<int>(s.channels.high), static_cast<int>(s.height.high), static_cast<int>(s.width.high)};
}

region_builder::region_builder(std::vector<value> const& arguments) {
  for (auto const& argument : arguments)
    add_argument(argument.name, dsl::shape_of(argument.type));
}

void region_builder::add_argument(std::string name, dsl::shape const& type) {
  shapes_[name] = type;
  region_.arguments.push_back({std::move(name), widest(type)});
}

std::string region_builder::append(operation op, dsl::shape const& type, std::string name) {
  if (name.empty())
    do
      name = names_.fresh(op);
    while (shapes_.contains(name));
  shapes_[name] = type;
  op.results.clear();
  op.results.push_back({name, widest(type)});
  region_.operations.push_back(std::move(op));
  return name;
}

std::string region_builder::append(operation op, tensor_type const& type, std::string name) {
  return append(std::move(op), dsl::shape_of(type), std::move(name));
}

std::string region_builder::append(operation op, std::string name) {
  if (op.form() == structure::leaf) {
    int edge_stride = 1;
    auto const numbers = dsl::quantities_of(op.attributes);
    return append_leaf(std::move(op), numbers, edge_stride, std::move(name));
  }
  if (op.form() == structure::block || op.form() == structure::choice) {
    auto const& held = op.regions.front();
    auto const type = held.type_of(held.yields.front());
    return append(std::move(op), type, std::move(name));
  }
  std::vector<dsl::shape> operands;
  for (auto& operand : op.operands) {
    operand = adapted(operand, kind_read(op));
    operands.push_back(shape_of(operand));
  }
  auto const type = joined_shape(op, operands);
  return append(std::move(op), type, std::move(name));
}

std::string region_builder::append_leaf(operation op, dsl::attribute_quantities const& numbers, int& edge_stride,
                                        std::string name) {
  op.operands.front() = adapted(op.operands.front(), kind_read(op));
  auto const& in = shape_of(op.operands.front());
  auto const& declaration = *op.declaration;
  auto const resolved = dsl::resolve(declaration, numbers, in, edge_stride);
  for (std::size_t i = 0; i < declaration.attribute_count; ++i)
    if (resolved[i].is_constant() && !op.is_decided(i))
      op.attributes[i] = static_cast<int>(resolved[i].low);
  auto const made = declaration.infer(resolved, in);
  if (made.problem)
    throw user_error(fmt::format("%{}: {}", name.empty() ? names_.fresh(op) : name, sentence(made.problem)));
  return append(std::move(op), made.type, std::move(name));
}

std::string region_builder::append_block(std::string const& label, std::vector<std::string> operands,
                                         region_builder&& body, std::string const& yielded, std::string name) {
  auto op = make(dsl::operations::block{}, label, std::move(operands));
  auto const type = body.shape_of(yielded);
  op.regions.push_back(std::move(body).finish(yielded));
  return append(std::move(op), type, std::move(name));
}

std::string region_builder::adapted(std::string const& operand, tensor_kind wanted) {
  auto type = shape_of(operand);
  if (type.kind == wanted || !is_positional(type.kind) || !is_positional(wanted))
    return operand;
  auto op = adapter(wanted);
  op.operands = {operand};
  type.kind = wanted;
  return append(std::move(op), type);
}

tensor_kind region_builder::kind_read(operation const& op) const {
  auto const kind = shape_of(op.operands.front()).kind;
  if (op.form() == structure::recurrence)
    return tensor_kind::sequence;
  if (op.form() != structure::leaf)
    return kind; // of a join all read the first one's
  auto const read = dsl::adapted(op.declaration->takes, kind);
  return read == tensor_kind::ids ? kind : read;
}

region region_builder::finish(std::string const& yielded) && {
  region_.yields = {yielded};
  return std::move(region_);
}

} // namespace espalier::compiler
