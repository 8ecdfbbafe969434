#include "python_writer.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t indentation = 4;

} // namespace

// Tries, in this order: one line; the arguments on a line of their own; an argument a line, each broken in turn.
void python_writer::put_call(std::size_t column, std::string const& before, expression const& e,
                             std::string const& after) {
  auto const whole = before + e.flat() + after;
  if (column + whole.size() <= column_limit || e.arguments.empty())
    return put(column, whole);
  put(column, fmt::format("{}{}{}", before, e.name, e.brackets.front()));
  auto const inner = column + indentation;
  if (auto const arguments = joined(e.arguments); inner + arguments.size() <= column_limit)
    put(inner, arguments);
  else
    for (auto const& argument : e.arguments)
      put_call(inner, "", argument, ",");
  auto end = std::string{e.brackets.back()};
  for (auto const& option : e.options)
    end += option;
  put(column, end + after);
}

// More than two terms, or what ends in no call, are broken before each plus; of two, the last one is broken where its
// name still fits, else the first.
void python_writer::sum_line(std::string const& before, std::vector<expression> const& terms,
                             std::string_view comment) {
  auto sum = terms.front().flat();
  for (std::size_t i = 1; i < terms.size(); ++i)
    sum += " + " + terms[i].flat();
  if (column() + before.size() + sum.size() <= column_limit)
    return line(before + sum, comment);
  auto const& first = terms.front();
  auto const& last = terms.back();
  if (terms.size() <= 2 && !last.arguments.empty()) {
    auto const head = terms.size() == 2 ? before + first.flat() + " + " : before;
    if (column() + head.size() + last.name.size() < column_limit)
      return call_line(head, last, "");
    if (!first.arguments.empty())
      return call_line(before, first, " + " + last.flat());
  }
  open(before + "(");
  if (column() + sum.size() <= column_limit)
    line(sum);
  else
    for (auto const& term : terms)
      call_line(&term == &first ? "" : "+ ", term, "");
  unindent();
  line(")");
}

void python_writer::documentation(std::string const& what, std::string const& shapes) {
  auto const whole = fmt::format("\"\"\"{}: {}.\"\"\"", what, shapes);
  if (column() + whole.size() <= column_limit)
    return line(whole);
  line(fmt::format("\"\"\"{}.", what));
  line();
  line(shapes + ".");
  line("\"\"\"");
}

} // namespace espalier::compiler
