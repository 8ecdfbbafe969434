#include "needed_values.hpp"

#include "collect_decisions.hpp"

#include <algorithm>

namespace espalier::compiler {

namespace {

char both(char a, char b) {
  return a & b;
}

needs picks(decided_context& context, decided_number const& which, std::size_t operand) {
  if (!is_decision(which))
    return context.algebra.mapped(context.number(which, nullptr),
                                  [&](int w) -> char { return w == static_cast<int>(operand); });
  auto const own = context.decision_at(which.label);
  auto const& numbers = context[own].numbers;
  auto const option = std::ranges::find(numbers, static_cast<int>(operand)) - numbers.begin();
  return decided_algebra::takes(own, static_cast<std::size_t>(option));
}

} // namespace

needs where_read(decided_context& context, operation const& op, std::size_t operand) {
  if (op.form() == structure::pick)
    return picks(context, op.decided.front().value, operand);
  if (op.form() != structure::select)
    return decided_algebra::constant(char{1});
  auto const count = decided_operands(op).size();
  if (static_cast<std::size_t>(op.attribute("least")) >= count)
    return decided_algebra::constant(char{1});
  auto const own = context.decision_at(op.label);
  auto const first = op.operands.size() - count;
  if (operand >= first)
    return decided_algebra::takes(own, operand - first);
  std::vector<needs> options;
  for (std::size_t o = 0; o < count; ++o)
    options.push_back(decided_algebra::takes(own, o));
  return context.none(options);
}

needed_values::needed_values(decided_context& context, region const& in, needs const& region_needed)
    : context_(context), in_(in) {
  mark_certain();
  for (auto const& name : certain_)
    needed_[name] = region_needed;
  std::map<std::string, std::vector<needs>> readers;
  for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op) {
    if (is_statement(op->form()))
      continue;
    if (auto const found = readers.find(op->name()); found != readers.end())
      needed_[op->name()] = context_.any(found->second);
    auto const own = needed_.find(op->name());
    for (std::size_t i = 0; i < op->operands.size() && own != needed_.end(); ++i)
      if (!certain_.contains(op->operands[i]))
        readers[op->operands[i]].push_back(context_.algebra.combined(own->second, reads(*op, i), both));
  }
}

// What every architecture that has the region has, so that it needs no table. What takes the unread takes what nothing
// else needs.
void needed_values::mark_certain() {
  certain_.insert(in_.yields.begin(), in_.yields.end());
  for (auto op = in_.operations.rbegin(); op != in_.operations.rend(); ++op)
    if (!is_statement(op->form()) && op->form() != structure::pick && op->form() != structure::select &&
        certain_.contains(op->name()))
      certain_.insert(op->operands.begin(), op->operands.end());
}

needs needed_values::unread(std::string const& name) const {
  std::vector<needs> readers;
  for (auto const& op : in_.operations)
    for (std::size_t i = 0; i < op.operands.size() && !takes_unread(op); ++i)
      if (op.operands[i] == name && needed_.contains(op.name()))
        readers.push_back(context_.algebra.combined(needed_.at(op.name()), reads(op, i), both));
  return context_.none(readers);
}

} // namespace espalier::compiler
