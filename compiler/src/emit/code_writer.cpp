#include "code_writer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t indentation = 2;
constexpr std::size_t continuation = 4;

std::string joined(std::vector<expression> const& arguments) {
  std::string text;
  for (auto const& argument : arguments)
    text += (text.empty() ? "" : ", ") + argument.flat();
  return text;
}

} // namespace

std::string expression::flat() const {
  auto text =
      brackets.empty() ? name : fmt::format("{}{}{}{}", name, brackets.front(), joined(arguments), brackets.back());
  for (auto const& option : options)
    text += option;
  return text;
}

expression call(std::string name, std::vector<expression> arguments) {
  return {std::move(name), std::move(arguments), {}, "()"};
}

expression list(std::vector<expression> elements) {
  return {"", std::move(elements), {}, "{}"};
}

void code_writer::line(std::string_view text, std::string_view comment) {
  put(depth_ * indentation, std::string{text}, comment);
}

void code_writer::put(std::size_t column, std::string const& text, std::string_view comment) {
  lines_.push_back({text.empty() ? "" : std::string(column, ' ') + text, std::string{comment}});
}

void code_writer::call_line(std::string const& before, expression const& e, std::string const& after) {
  put_call(depth_ * indentation, before, e, after);
}

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
  if (!fits && e.arguments.size() == 1 && !last.options.empty()) { // an option a line
    auto const head = before + e.name + "(";
    put(column, head + call(last.name, last.arguments).flat());
    for (auto const& option : last.options)
      put(column + head.size() + continuation,
          fmt::format("{}{}", option, &option == &last.options.back() ? ")" + after : ""));
    return;
  }
  put(column, before + e.name + "(");
  if (fits)
    return put(inner, arguments);
  put_arguments(inner, e.arguments, ")" + after);
}

// An argument a line; a list that does not fit, an element a line.
void code_writer::put_arguments(std::size_t column, std::vector<expression> const& arguments,
                                std::string const& after) {
  for (auto const& argument : arguments) {
    if (&argument == &arguments.back())
      return put_call(column, "", argument, after);
    auto const text = argument.flat() + ",";
    if (argument.brackets != "{}" || column + text.size() <= column_limit) {
      put(column, text);
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
  auto const column = depth_ * indentation;
  auto text = before + terms.front().flat();
  if (terms.size() == 1)
    return column + text.size() < column_limit ? put(column, text + ";", comment)
                                               : put_call(column, before, terms.front(), ";");
  bool is_first_line = true;
  auto const start = [&] { return is_first_line ? column : column + before.size(); };
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

void code_writer::open(std::string_view text) {
  line(text);
  indent();
}

void code_writer::close(std::string_view text) {
  --depth_;
  line(text);
}

void code_writer::align_comments(std::size_t first, std::size_t last) {
  if (first == last)
    return;
  auto const begin = lines_.begin() + static_cast<std::ptrdiff_t>(first);
  auto const end = lines_.begin() + static_cast<std::ptrdiff_t>(last);
  auto const longest =
      std::max_element(begin, end, [](auto const& a, auto const& b) { return a.text.size() < b.text.size(); });
  auto const column = longest->text.size() + 1;
  bool const fits =
      std::all_of(begin, end, [&](auto const& l) { return column + 3 + l.comment.size() <= column_limit; });
  if (!fits) {
    auto const middle = static_cast<std::size_t>(longest - lines_.begin());
    longest->comment.clear();
    align_comments(first, middle);
    return align_comments(middle + 1, last);
  }
  for (auto l = begin; l != end; ++l)
    l->text += std::string(column - l->text.size(), ' ') + "// " + l->comment;
}

std::string code_writer::finish() && {
  for (std::size_t first = 0; first < lines_.size();) {
    auto last = first;
    while (last < lines_.size() && !lines_[last].comment.empty())
      ++last;
    align_comments(first, last);
    first = last + 1;
  }
  std::string text;
  for (auto const& l : lines_)
    text += l.text + "\n";
  return text;
}

} // namespace espalier::compiler
