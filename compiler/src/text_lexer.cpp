#include "text_lexer.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler::text {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The length of the UTF-8 sequence that a byte starts; 0 where it starts none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead < 0xE0)
    return 2;
  if (lead >= 0xE0 && lead < 0xF0)
    return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

} // namespace

bool is_plain(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    auto const length = sequence_length(lead);
    if (lead < 0x20 || lead == 0x7F || length == 0 || i + length > text.size())
      return false;
    if (!std::ranges::all_of(text.substr(i + 1, length - 1), is_continuation))
      return false;
    auto const second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    bool const is_overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    bool const is_surrogate = lead == 0xED && second >= 0xA0;
    if (is_overlong || is_surrogate || (lead == 0xF4 && second >= 0x90))
      return false;
    i += length;
  }
  return true;
}

std::string unescaped(std::string_view spelling) {
  std::string name;
  for (std::size_t i = 0; i < spelling.size(); ++i)
    name += spelling[i] == '\\' ? spelling[++i] : spelling[i];
  return name;
}

std::string escaped(std::string_view name) {
  std::string spelling;
  for (char const c : name) {
    if (c == '"' || c == '\\')
      spelling += '\\';
    spelling += c;
  }
  return spelling;
}

token lexer::next() {
  skip_blanks();
  auto const begin = position_;
  if (begin == text_.size())
    return make(token::kind::end, begin, begin);
  char const c = text_[begin];
  if (c == '"')
    return name();
  if (c == '%') {
    position_ = end_of_word(begin + 1);
    if (position_ == begin + 1)
      fail(begin, "a value is % and letters, digits or _");
    return make(token::kind::value, begin + 1, position_);
  }
  if (is_digit(c) || (c == '-' && is_digit(at(begin + 1)))) {
    position_ = end_of_word(begin + 1);
    auto const number = make(token::kind::integer, begin, position_);
    if (!std::ranges::all_of(number.spelling.substr(1), is_digit))
      fail(begin, fmt::format("'{}' is no whole number", number.spelling));
    return number;
  }
  if (is_word(c)) {
    position_ = end_of_word(begin);
    return make(token::kind::word, begin, position_);
  }
  if (std::string_view{"(){}[],:=?"}.find(c) == std::string_view::npos)
    fail(begin, c > ' ' && c < '\x7F'
                    ? fmt::format("'{}' has no meaning here", c)
                    : fmt::format("byte 0x{:02x} has no meaning here", static_cast<unsigned char>(c)));
  ++position_;
  return make(token::kind::punctuation, begin, position_);
}

void lexer::skip_blanks() {
  for (; position_ < text_.size(); ++position_) {
    char const c = text_[position_];
    if (c == '/' && at(position_ + 1) == '/') {
      position_ = std::min(text_.find('\n', position_), text_.size());
      if (position_ == text_.size())
        return;
      ++line_;
    } else if (c == '\n') {
      ++line_;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

token lexer::name() {
  auto const begin = position_ + 1;
  auto end = begin;
  while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
    if (text_[end] == '\\') {
      if (at(end + 1) != '"' && at(end + 1) != '\\')
        fail(end, R"(a name knows only \" and \\ behind a backslash)");
      ++end;
    }
    ++end;
  }
  if (at(end) != '"')
    fail(position_, "the name is not closed: add \" on the same line");
  auto const made = make(token::kind::name, begin, end);
  if (!is_plain(made.spelling))
    fail(position_, "a name is UTF-8 without control characters");
  position_ = end + 1;
  return made;
}

token lexer::make(token::kind type, std::size_t begin, std::size_t end) const {
  bool const has_sigil = type == token::kind::value || type == token::kind::name;
  return {type, text_.substr(begin, end - begin), has_sigil ? begin - 1 : begin, line_};
}

std::size_t lexer::end_of_word(std::size_t begin) const {
  auto end = begin;
  while (end < text_.size() && is_word(text_[end]))
    ++end;
  return end;
}

void lexer::fail(std::size_t offset, std::string const& sentence) const {
  constexpr std::size_t shown_before = 80;
  constexpr std::size_t shown = 110;
  auto const line = std::ranges::count(text_.substr(0, offset), '\n') + 1;
  auto const line_begin = offset == 0 ? 0 : text_.rfind('\n', offset - 1) + 1;
  auto const column = offset - line_begin;
  auto const cut = column > shown_before ? column - shown_before : 0;
  auto const full_line = text_.substr(line_begin, text_.find('\n', line_begin) - line_begin);
  std::string quoted{full_line.substr(cut, shown)};
  std::ranges::replace_if(
      quoted, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7F'; }, ' ');
  quoted.erase(quoted.find_last_not_of(' ') + 1);
  auto const before = full_line.substr(cut, column - cut);
  auto const width = before.size() - static_cast<std::size_t>(std::ranges::count_if(before, is_continuation));
  throw user_error(fmt::format("{}:{}:{}: {}\n  {}\n  {:{}}^", origin_, line, column + 1, sentence, quoted, "", width));
}

} // namespace espalier::compiler::text
