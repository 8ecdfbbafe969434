#pragma once

#include <espalier/compiler/architecture.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// A number for each cell of NAS-Bench-201, of one column of a table. Copies share the numbers.
class table_column {
public:
  /// `numbers` of all cells, by their digits to the base of 5, the first decision's first; not a number where the table
  /// has none. Messages name the file.
  table_column(std::string file, std::vector<double> numbers)
      : file_(std::move(file)), numbers_(std::make_shared<std::vector<double> const>(std::move(numbers))) {}

  /// The number of an architecture; a `user_error` where the table has no line of it.
  double operator()(compiler::architecture const& a) const;

private:
  std::string file_;
  std::shared_ptr<std::vector<double> const> numbers_;
};

/// What a table says of the cells of NAS-Bench-201 (Dong and Yang, ICLR 2020, section 2.1), whatever the skeleton
/// around them.
///
/// A CSV file: its first line names the columns, each other one is of a cell. The column `edges` has six digits, the
/// operations of the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1 and 3<-2: 0 `none`, 1 `skip_connect`, 2 `nor_conv_1x1`,
/// 3 `nor_conv_3x3`, 4 `avg_pool_3x3`. The other columns are numbers.
class score_table {
public:
  /// Reads a file for a space that has the decisions of NAS-Bench-201. Another space, a file that is no such table, and
  /// an `accuracy` that is none of its columns or not in percent are a `user_error`.
  score_table(std::filesystem::path const& file, compiler::decision_space const& space,
              std::string const& accuracy = "cifar10");

  /// The accuracy, in [0, 1]; a `user_error` where the table has no line of the architecture.
  double operator()(compiler::architecture const& a) const { return columns_[accuracy_](a) / 100; }

  /// A column by its name, such as the milliseconds of a device; a `user_error` where there is none.
  [[nodiscard]] table_column const& column(std::string const& name) const { return columns_[index_of_column(name)]; }

private:
  [[nodiscard]] std::size_t index_of_column(std::string const& name) const;

  std::string file_;
  std::vector<std::string> names_;    // of the file's columns but `edges`
  std::vector<table_column> columns_; // of each of `names_`
  std::size_t accuracy_;              // which of them
};

} // namespace espalier::runtime
