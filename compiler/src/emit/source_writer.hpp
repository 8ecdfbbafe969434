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

/// The arguments on one line, separated by commas.
std::string joined(std::vector<expression> const& arguments);

/// What the formatters of languages disagree on.
struct source_style {
  std::size_t indentation;
  std::size_t column_limit;
  std::string_view comment;     ///< What begins one.
  std::size_t comment_distance; ///< Blanks before it.
  bool aligns_comments;         ///< Of neighbouring lines.
};

/// Writes source line by line, as the formatter of its language would leave it: what every emitter writes with.
class source_writer {
public:
  explicit source_writer(source_style const& style) : style_(style) {}
  source_writer(source_writer const&) = delete;
  source_writer& operator=(source_writer const&) = delete;
  virtual ~source_writer() = default;

  /// Writes a line at the current depth, with a comment unless that does not fit.
  void line(std::string_view text = {}, std::string_view comment = {});
  /// Writes `before`, the call and `after`, on one line or broken behind opening parentheses.
  void call_line(std::string const& before, expression const& e, std::string const& after);
  /// Writes `before` and the terms' sum as a statement, broken between terms. The comment is left out where that takes
  /// several lines.
  virtual void sum_line(std::string const& before, std::vector<expression> const& terms, std::string_view comment) = 0;

  void indent() { ++depth_; }
  void unindent() { --depth_; }
  /// Writes a line that opens a scope.
  void open(std::string_view text);

  [[nodiscard]] std::string finish() &&;

protected:
  /// Writes a call from a column on, as `call_line` does.
  virtual void put_call(std::size_t column, std::string const& before, expression const& e,
                        std::string const& after) = 0;
  void put(std::size_t column, std::string const& text, std::string_view comment = {});
  [[nodiscard]] std::size_t column() const { return depth_ * style_.indentation; }

private:
  struct written_line {
    std::string text;
    std::string comment;
  };

  void write_comments(std::size_t first, std::size_t last);

  source_style style_;
  std::vector<written_line> lines_;
  std::size_t depth_ = 0;
};

} // namespace espalier::compiler
