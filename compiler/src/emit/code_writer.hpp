#pragma once

#include "source_writer.hpp"

namespace espalier::compiler {

/// Writes C++ as clang-format would leave it under `clang_format_style`.
class code_writer : public source_writer {
public:
  static constexpr std::size_t column_limit = 120;

  code_writer() : source_writer({2, column_limit, "// ", 1, true}) {}

  void sum_line(std::string const& before, std::vector<expression> const& terms, std::string_view comment) override;

  /// Writes a constructor's head, `e`, its initializers and `after`; initializers that do not fit stand on lines of
  /// their own.
  void constructor_line(std::string const& before, expression const& e, std::vector<std::string> const& initializers,
                        std::string const& after);
  /// Ends the scope that `open` began.
  void close(std::string_view text = "}");

private:
  void put_call(std::size_t column, std::string const& before, expression const& e, std::string const& after) override;
  void put_options(std::size_t column, std::string const& before, expression const& e, std::string const& after);
  void put_arguments(std::size_t column, std::vector<expression> const& arguments, std::string const& after);
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
