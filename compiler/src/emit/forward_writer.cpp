#include "forward_writer.hpp"

#include "shape_text.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace espalier::compiler {

forward_writer::forward_writer(outlined_module const& module, member_names const& members, leaf_form_of form_of,
                               identifier_scope locals, source_writer& out)
    : module_(module), body_(module.body()), members_(members), form_of_(form_of), out_(out),
      locals_(std::move(locals)), last_shape_(body_.arguments.front().type) {
  for (std::size_t i = 0; i < body_.operations.size(); ++i) {
    auto const& op = body_.operations[i];
    if (is_identity(i)) {
      same_as_.emplace(op.name(), source(op.operands.front()));
      continue;
    }
    last_ = i;
    for (auto const& operand : op.operands)
      readers_[source(operand)].push_back(&op);
  }
  yields_ = source(body_.yields.front());
  for (auto const& argument : body_.arguments)
    code_[argument.name] = {locals_.claim(body_.arguments.size() == 1 ? "x" : argument.name)};
}

std::vector<forward_writer::argument> forward_writer::arguments() const {
  std::vector<argument> result;
  for (auto const& [name, type] : body_.arguments)
    result.push_back({code_.at(name).name, readers_.contains(name) || name == yields_});
  return result;
}

void forward_writer::write_statements() {
  for (std::size_t i = 0; i < body_.operations.size(); ++i)
    if (!same_as_.contains(body_.operations[i].name()))
      write_operation(i);
  if (body_.operations.empty() || body_.operations[last_].name() != yields_)
    out_.sum_line("return ", {code_.at(yields_)}, "");
}

std::string const& forward_writer::source(std::string const& value) const {
  auto const found = same_as_.find(value);
  return found == same_as_.end() ? value : found->second;
}

// Whether what is computed is what is read: a tensor as one of another kind that is laid out alike.
bool forward_writer::is_identity(std::size_t i) const {
  auto const& op = body_.operations[i];
  return op.operands.size() == 1 && !is_member(op, body_, form_of_) && op.form() != structure::add &&
         computed(i, {{"x"}}).flat() == "x";
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
  if (i == last_ && op.name() == yields_)
    return out_.sum_line("return ", terms, shape);
  auto const x = code_.at(source(op.operands.front())).name;
  bool const continues_chain = body_.arguments.size() == 1 && x == "x" && is_read_last_by(op);
  auto const variable = continues_chain && readers_[op.name()].size() == 1 ? x : locals_.claim(op.name());
  out_.sum_line(assignment(variable, variable != x), terms, shape);
  code_[op.name()] = {variable};
}

std::vector<expression> forward_writer::terms_of(std::size_t i) const {
  auto const& op = body_.operations[i];
  std::vector<expression> operands;
  for (auto const& operand : op.operands)
    operands.push_back(code_.at(source(operand)));
  if (op.form() == structure::add)
    return operands;
  return {computed(i, operands)};
}

expression forward_writer::computed(std::size_t i, std::vector<expression> const& operands) const {
  auto const& op = body_.operations[i];
  auto const held = members_.modules.find(op.name());
  auto const member = held == members_.modules.end() ? "" : held->second;
  if (op.form() == structure::recurrence)
    return call("recur", {{member}, operands.front(), {std::to_string(op.type().channels)}});
  if (op.form() == structure::block)
    return call(member, operands);
  auto const t = typed(op, body_);
  auto const& form = form_of_(t);
  if (form.apply == nullptr)
    return call(member, operands);
  auto const numbers = member.empty() ? as_members(module_.operations[i].numbers) : named_numbers{};
  leaf_call site{t, numbers, {}, member, op.is("tied_linear") ? embedding_before(i) : ""};
  for (auto const& operand : operands)
    site.x.push_back(operand.name);
  return written(op, body_, form.apply(site));
}

expression forward_writer::written(operation const&, region const&, expression e) const {
  return e;
}

// The member of the embedding whose weights a tied linear layer uses.
std::string forward_writer::embedding_before(std::size_t i) const {
  while (i-- > 0)
    if (auto const& op = body_.operations[i]; op.is("embedding"))
      return members_.modules.at(op.name());
  throw user_error(fmt::format("tied_linear() in the block {} shares the weights of an embedding outside of it: put "
                               "both into one block",
                               module_.first_path));
}

// A number that is a constructor parameter is read from its member; those of modules are theirs.
named_numbers forward_writer::as_members(named_numbers numbers) const {
  for (auto& [name, n] : numbers)
    if (!n.parameter.empty())
      n.parameter = members_.numbers.at(n.parameter);
  return numbers;
}

// Whether a value is written nowhere but as a term of the one sum that reads it.
bool forward_writer::is_term(operation const& op) const {
  auto const found = readers_.find(op.name());
  return op.form() != structure::add && found != readers_.end() && found->second.size() == 1 &&
         found->second.front()->form() == structure::add && op.name() != yields_;
}

// Whether nothing after `op` reads what `op` reads; a term is written, and so reads, where its sum stands.
bool forward_writer::is_read_last_by(operation const& op) const {
  auto const& operand = source(op.operands.front());
  auto const& readers = readers_.at(operand);
  return op.operands.size() == 1 && operand != yields_ &&
         std::ranges::all_of(readers, [&](auto const* reader) { return reader <= &op && !is_term(*reader); });
}

} // namespace espalier::compiler
