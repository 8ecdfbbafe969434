#pragma once

#include <string>
#include <variant>
#include <vector>

namespace espalier::command {

/// One value of a table: what JSON says, and what a person reads.
struct cell {
  std::variant<std::monostate, std::string, long long, double> value;
  std::string shown;
};

cell text_cell(std::string text);
/// 1,076,746
cell count_cell(long long count);
/// 0.8931
cell accuracy_cell(double accuracy);
/// 12.3 %
cell share_cell(double share);
/// 3:07
cell seconds_cell(double seconds);
/// 12.345
cell milliseconds_cell(double milliseconds);
/// A value that is not known.
cell missing_cell();

/// A column: its key in JSON, its heading, and whether it is text (left) or numbers (right).
struct column {
  enum class kind { text, number };

  std::string key;
  std::string heading;
  kind type = kind::number;
};

/// Rows of equal columns, for a person or as JSON.
class table {
public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Adds a row of one cell a column.
  void add(std::vector<cell> row);

  /// A heading, a rule and aligned rows. Columns of which no row knows a value are left out. Where lines are longer
  /// than a terminal of so many columns, text at their end goes on below itself.
  [[nodiscard]] std::string text(std::size_t terminal = std::string::npos) const;
  /// An array of objects.
  [[nodiscard]] std::string json() const;

  /// To standard output.
  void print(bool as_json) const;

private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t terminal) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// How many columns the terminal behind a file descriptor has; `npos` where there is none.
std::size_t terminal_width(int descriptor);

/// How many columns of a terminal a UTF-8 text takes, if every character takes one.
std::size_t width_of(std::string_view text);

} // namespace espalier::command
