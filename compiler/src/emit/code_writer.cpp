#include "code_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t continuation = 4;

} // namespace

// Tries, in this order: one line; the arguments on a line of their own; an argument a line, the last one broken in
// turn.
void code_writer::put_call(std::size_t column, std::string const& before, expression const& e,
                           std::string const& after) {
  auto const whole = before + e.flat() + after;
  if (column + whole.size() <= column_limit || e.arguments.empty())
    return put(column, whole);
  auto const inner = column + continuation;
  auto const arguments = joined(e.arguments) + ")" + after;
  auto const& last = e.arguments.back();
  bool const fits = inner + arguments.size() <= column_limit;
  if (!fits && e.arguments.size() == 1 && !last.options.empty())
    return put_options(column, before + e.name + "(", last, ")" + after);
  put(column, before + e.name + "(");
  if (fits)
    return put(inner, arguments);
  put_arguments(inner, e.arguments, ")" + after);
}

// An option a line; behind a short call, which is what clang-format counts as one, only the last option's number on a
// line of its own.
void code_writer::put_options(std::size_t column, std::string const& before, expression const& e,
                              std::string const& after) {
  constexpr std::size_t short_call = 17;
  auto const first = call(e.name, e.arguments).flat();
  auto const whole = e.flat();
  auto const last_parenthesis = whole.rfind('(') + 1;
  if (first.size() <= before.size() + short_call && column + continuation + last_parenthesis <= column_limit) {
    put(column, before);
    put(column + continuation, whole.substr(0, last_parenthesis));
    return put(column + 2 * continuation, whole.substr(last_parenthesis) + after);
  }
  put(column, before + first);
  for (auto const& option : e.options)
    put(column + before.size() + continuation, &option == &e.options.back() ? option + after : option);
}

// An argument a line; a list that does not fit, an element a line.
void code_writer::put_arguments(std::size_t column, std::vector<expression> const& arguments,
                                std::string const& after) {
  for (auto const& argument : arguments) {
    if (&argument == &arguments.back())
      return put_call(column, "", argument, after);
    auto const text = argument.flat() + ",";
    if (argument.brackets != "{}" || column + text.size() <= column_limit) {
      put_call(column, "", argument, ",");
      continue;
    }
    for (auto const& element : argument.arguments) {
      bool const is_first = &element == &argument.arguments.front();
      put(column + (is_first ? 0 : 1),
          (is_first ? "{" : "") + element.flat() + (&element == &argument.arguments.back() ? "}," : ","));
    }
  }
}

void code_writer::sum_line(std::string const& before, std::vector<expression> const& terms, std::string_view comment) {
  auto const start_column = column();
  auto text = before + terms.front().flat();
  if (terms.size() == 1)
    return start_column + text.size() < column_limit ? put(start_column, text + ";", comment)
                                                     : put_call(start_column, before, terms.front(), ";");
  bool is_first_line = true;
  auto const start = [&] { return start_column + (is_first_line ? 0 : before.size()); };
  for (std::size_t i = 1; i < terms.size(); ++i) {
    auto const term = terms[i].flat();
    std::string_view const end = i + 1 == terms.size() ? ";" : " +";
    if (start() + text.size() + 3 + term.size() + end.size() > column_limit) {
      put(start(), text + " +");
      is_first_line = false;
      text = term;
    } else {
      text += " + " + term;
    }
  }
  put(start(), text + ";", is_first_line ? comment : "");
}

void code_writer::constructor_line(std::string const& before, expression const& e,
                                   std::vector<std::string> const& initializers, std::string const& after) {
  if (initializers.empty())
    return call_line(before, e, after);
  auto const whole = fmt::format("{}{} : {}{}", before, e.flat(), fmt::join(initializers, ", "), after);
  if (column() + whole.size() <= column_limit)
    return put(column(), whole);
  call_line(before, e, "");
  auto start = column() + continuation;
  std::string text = ":";
  for (auto const& initializer : initializers) {
    auto const piece = initializer + (&initializer == &initializers.back() ? after : ",");
    if (start + text.size() + 1 + piece.size() > column_limit) {
      put(start, text);
      start = column() + continuation + 2;
      text = piece;
    } else {
      text += " " + piece;
    }
  }
  put(start, text);
}

void code_writer::close(std::string_view text) {
  unindent();
  line(text);
}

} // namespace espalier::compiler
