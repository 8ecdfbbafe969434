#pragma once

#include "source_writer.hpp"

namespace espalier::compiler {

/// Writes Python as Black would leave it at 100 columns.
class python_writer : public source_writer {
public:
  static constexpr std::size_t column_limit = 100;

  python_writer() : source_writer({4, column_limit, "# ", 2, false}) {}

  void sum_line(std::string const& before, std::vector<expression> const& terms, std::string_view comment) override;
  /// Writes what a class is and its shapes, as its documentation.
  void documentation(std::string const& what, std::string const& shapes);

private:
  void put_call(std::size_t column, std::string const& before, expression const& e, std::string const& after) override;
};

} // namespace espalier::compiler
