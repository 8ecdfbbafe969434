#pragma once

#include <espalier/dsl/declaration.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace espalier::compiler::text {

inline constexpr int version = 1;

/// How deep regions may nest: far beyond any space, far below what a stack holds.
inline constexpr int max_depth = 64;

/// A number of an attribute that is written as a word.
struct attribute_word {
  std::string_view attribute;
  std::string_view word;
  int value;
};

inline constexpr std::array attribute_words{
    attribute_word{"channels", "same", dsl::inherited},
    attribute_word{"stride", "edge", dsl::inherited},
    attribute_word{"groups", "depthwise", dsl::depthwise},
};

/// Whether an operation of this form decides something, whatever its numbers.
constexpr bool decides(dsl::structure form) {
  using enum dsl::structure;
  return form == choice || form == cell || form == select || form == any_of || form == graph_cell ||
         form == recurrent_cell || form == skip_chain || form == layer_chain || form == chain;
}

/// A piece of the text; `spelling` is without the % of a value and without the quotes of a name.
struct token {
  enum class kind : std::uint8_t { word, value, integer, name, punctuation, end };

  kind type = kind::end;
  std::string_view spelling;
  std::size_t offset = 0;
  std::size_t line = 1;

  [[nodiscard]] bool is(kind k, std::string_view text) const { return type == k && spelling == text; }
  [[nodiscard]] bool is(char c) const { return type == kind::punctuation && spelling.front() == c; }
};

/// Cuts a text into tokens; a fault is a `user_error` with origin, line and column, which quotes the line.
class lexer {
public:
  lexer(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {}

  token next();
  [[noreturn]] void fail(std::size_t offset, std::string const& sentence) const;

private:
  void skip_blanks();
  token name();
  token make(token::kind type, std::size_t begin, std::size_t end) const;
  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  [[nodiscard]] std::size_t end_of_word(std::size_t begin) const;

  std::string_view text_;
  std::string_view origin_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

/// What a name in quotes says: `\"` and `\\` replaced.
std::string unescaped(std::string_view spelling);

/// A name as it stands between quotes.
std::string escaped(std::string_view name);

/// Whether a text is UTF-8 without control characters.
bool is_plain(std::string_view text);

} // namespace espalier::compiler::text
