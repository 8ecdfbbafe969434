#include "forward_writer.hpp"

#include "libtorch_network.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

forward_writer::forward_writer(outlined_module const& module, identifier_scope locals, source_writer& out)
    : body_(module.body()), out_(out), locals_(std::move(locals)), last_shape_(body_.arguments.front().type) {
  for (auto const& op : body_.operations)
    for (auto const& operand : op.operands)
      readers_[operand].push_back(&op);
  for (auto const& argument : body_.arguments)
    code_[argument.name] = {locals_.claim(body_.arguments.size() == 1 ? "x" : argument.name)};
}

std::vector<std::string> forward_writer::arguments() const {
  std::vector<std::string> names;
  for (auto const& argument : body_.arguments)
    names.push_back(code_.at(argument.name).name);
  return names;
}

void forward_writer::write_statements() {
  for (std::size_t i = 0; i < body_.operations.size(); ++i)
    write_operation(i);
  if (body_.operations.empty() || body_.operations.back().name() != body_.yields.front())
    out_.sum_line("return ", {code_.at(body_.yields.front())}, "");
}

void forward_writer::write_operation(std::size_t i) {
  auto const& op = body_.operations[i];
  auto const terms = terms_of(i);
  if (is_term(op)) {
    code_[op.name()] = terms.front();
    return;
  }
  auto const shape = op.type() == last_shape_ ? "" : shape_text(op.type());
  last_shape_ = op.type();
  if (i + 1 == body_.operations.size() && op.name() == body_.yields.front())
    return out_.sum_line("return ", terms, shape);
  auto const x = code_.at(op.operands.front()).name;
  bool const continues_chain = body_.arguments.size() == 1 && x == "x" && is_read_last_by(op);
  auto const variable = continues_chain && readers_[op.name()].size() == 1 ? x : locals_.claim(op.name());
  out_.sum_line(assignment(variable, variable != x), terms, shape);
  code_[op.name()] = {variable};
}

std::vector<expression> forward_writer::terms_of(std::size_t i) const {
  auto const& op = body_.operations[i];
  std::vector<expression> operands;
  for (auto const& operand : op.operands)
    operands.push_back(code_.at(operand));
  if (op.form() == structure::add)
    return operands;
  return {computed(i, operands)};
}

// Whether a value is written nowhere but as a term of the one sum that reads it.
bool forward_writer::is_term(operation const& op) const {
  auto const found = readers_.find(op.name());
  return op.form() != structure::add && found != readers_.end() && found->second.size() == 1 &&
         found->second.front()->form() == structure::add && op.name() != body_.yields.front();
}

// Whether nothing after `op` reads what `op` reads; a term is written, and so reads, where its sum stands.
bool forward_writer::is_read_last_by(operation const& op) const {
  auto const& readers = readers_.at(op.operands.front());
  return op.operands.size() == 1 && op.operands.front() != body_.yields.front() &&
         std::ranges::all_of(readers, [&](auto const* reader) { return reader <= &op && !is_term(*reader); });
}

std::string shapes_text(region const& body) {
  std::vector<std::string> inputs;
  for (auto const& argument : body.arguments)
    inputs.push_back(shape_text(argument.type));
  return fmt::format("{} -> {}", fmt::join(inputs, ", "), shape_text(body.type_of(body.yields.front())));
}

} // namespace espalier::compiler
