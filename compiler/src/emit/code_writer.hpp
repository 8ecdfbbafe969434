#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// A call in emitted code, `name(arguments).option(...)`, a list `{a, b}`, or, without brackets, any text.
struct expression {
  std::string name;
  std::vector<expression> arguments{};
  std::vector<std::string> options{};
  std::string_view brackets{};

  /// The expression on one line.
  [[nodiscard]] std::string flat() const;
};

expression call(std::string name, std::vector<expression> arguments);
expression list(std::vector<expression> elements);

/// Writes C++ as clang-format would leave it under `clang_format_style`.
class code_writer {
public:
  static constexpr std::size_t column_limit = 120;

  /// Writes a line at the current depth. Comments of neighbouring lines are aligned, and left out where they do not
  /// fit.
  void line(std::string_view text = {}, std::string_view comment = {});
  /// Writes `before`, the call and `after`, on one line or broken behind opening parentheses.
  void call_line(std::string const& before, expression const& e, std::string const& after);
  /// Writes `before`, the terms' sum and `;`, broken between terms. The comment is left out where that takes several
  /// lines.
  void sum_line(std::string const& before, std::vector<expression> const& terms, std::string_view comment);

  void indent() { ++depth_; }
  /// Writes a line that opens a scope; `close` ends it.
  void open(std::string_view text);
  void close(std::string_view text = "}");

  [[nodiscard]] std::string finish() &&;

private:
  struct written_line {
    std::string text;
    std::string comment;
  };

  void put(std::size_t column, std::string const& text, std::string_view comment = {});
  void put_call(std::size_t column, std::string const& before, expression const& e, std::string const& after);
  void put_arguments(std::size_t column, std::vector<expression> const& arguments, std::string const& after);
  void align_comments(std::size_t first, std::size_t last);

  std::vector<written_line> lines_;
  std::size_t depth_ = 0;
};

/// The clang-format configuration of emitted projects.
inline constexpr std::string_view clang_format_style = R"(BasedOnStyle: LLVM
ColumnLimit: 120
AlignAfterOpenBracket: AlwaysBreak
AllowShortFunctionsOnASingleLine: Empty
BinPackArguments: false
BinPackParameters: false
PenaltyBreakAssignment: 10000
PenaltyBreakBeforeFirstCallParameter: 0
)";

} // namespace espalier::compiler
