#include "source_writer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace espalier::compiler {

std::string joined(std::vector<expression> const& arguments) {
  std::string text;
  for (auto const& argument : arguments)
    text += (text.empty() ? "" : ", ") + argument.flat();
  return text;
}

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

void source_writer::line(std::string_view text, std::string_view comment) {
  put(column(), std::string{text}, comment);
}

void source_writer::put(std::size_t column, std::string const& text, std::string_view comment) {
  lines_.push_back({text.empty() ? "" : std::string(column, ' ') + text, std::string{comment}});
}

void source_writer::call_line(std::string const& before, expression const& e, std::string const& after) {
  put_call(column(), before, e, after);
}

void source_writer::open(std::string_view text) {
  line(text);
  indent();
}

// Where not all comments of a run fit behind its longest line, that line goes without.
void source_writer::write_comments(std::size_t first, std::size_t last) {
  if (first == last)
    return;
  auto const begin = lines_.begin() + static_cast<std::ptrdiff_t>(first);
  auto const end = lines_.begin() + static_cast<std::ptrdiff_t>(last);
  auto const longest =
      std::max_element(begin, end, [](auto const& a, auto const& b) { return a.text.size() < b.text.size(); });
  auto const column = longest->text.size() + style_.comment_distance;
  bool const fits = std::all_of(begin, end, [&](auto const& l) {
    return column + style_.comment.size() + l.comment.size() <= style_.column_limit;
  });
  if (!fits) {
    auto const middle = static_cast<std::size_t>(longest - lines_.begin());
    longest->comment.clear();
    write_comments(first, middle);
    return write_comments(middle + 1, last);
  }
  for (auto l = begin; l != end; ++l)
    l->text += std::string(column - l->text.size(), ' ').append(style_.comment).append(l->comment);
}

std::string source_writer::finish() && {
  for (std::size_t first = 0; first < lines_.size();) {
    auto last = first;
    while (last < lines_.size() && !lines_[last].comment.empty() && (style_.aligns_comments || last == first))
      ++last;
    write_comments(first, last);
    first = std::max(last, first + 1);
  }
  std::string text;
  for (auto const& l : lines_)
    text += l.text + "\n";
  return text;
}

} // namespace espalier::compiler
