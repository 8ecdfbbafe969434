#include "table.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

constexpr std::string_view edges = "edges";
constexpr std::array paths{"cell/node0/edge0", "cell/node1/edge0", "cell/node1/edge1",
                           "cell/node2/edge0", "cell/node2/edge1", "cell/node2/edge2"};
constexpr std::array operations{"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
constexpr std::size_t cells = 15'625;
constexpr auto missing = std::numeric_limits<double>::quiet_NaN();

void require_nas_bench_201(compiler::decision_space const& space, std::string const& file) {
  auto const is_edge = [](compiler::decision const& d, char const* path) {
    return d.path == path && std::ranges::equal(d.options, operations);
  };
  if (!std::ranges::equal(space.decisions(), paths, is_edge))
    throw user_error(fmt::format("{} tells of the {} decisions of NAS-Bench-201 ({} to {}), and this space has {} that "
                                 "are not these; search nas-bench-201-cifar10 with the table",
                                 file, paths.size(), paths.front(), paths.back(), space.size()));
}

std::size_t index_of(std::vector<std::uint32_t> const& values) {
  std::size_t index = 0;
  for (auto const value : values)
    index = operations.size() * index + value;
  return index;
}

std::string code_of(std::vector<std::uint32_t> const& values) {
  std::string code;
  std::ranges::transform(values, std::back_inserter(code),
                         [](std::uint32_t value) { return static_cast<char>('0' + value); });
  return code;
}

std::optional<std::vector<std::uint32_t>> values_of(std::string const& code) {
  auto const is_operation = [](char c) { return c >= '0' && c < static_cast<char>('0' + operations.size()); };
  if (code.size() != paths.size() || !std::ranges::all_of(code, is_operation))
    return {};
  std::vector<std::uint32_t> values;
  std::ranges::transform(code, std::back_inserter(values), [](char c) { return static_cast<std::uint32_t>(c - '0'); });
  return values;
}

std::optional<double> number_of(std::string const& text) {
  double number = 0;
  auto const* const end = text.data() + text.size();
  auto const [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || !std::isfinite(number))
    return {};
  return number;
}

// Reads line by line; what is wrong is said with its line.
class reader {
public:
  explicit reader(std::string file) : file_(std::move(file)), text_(read_file(file_)) {
    names = next().value_or(std::vector<std::string>{});
    auto const found = std::ranges::find(names, edges);
    if (found == names.end())
      refuse(fmt::format("there is no column '{}'{}", edges, names.empty() ? "" : compiler::suggest(edges, names)));
    edges_at_ = found - names.begin();
    names.erase(found);
    numbers.assign(names.size(), std::vector<double>(cells, missing));
    for (auto line = next(); line; line = next())
      take(std::move(*line));
  }

  std::vector<std::string> names;           // of the columns but `edges`
  std::vector<std::vector<double>> numbers; // of each of `names`, for every cell

private:
  [[noreturn]] void refuse(std::string const& what) const {
    throw user_error(fmt::format("{}:{}: {}; a table of NAS-Bench-201 begins with a line such as 'edges,cifar10' and "
                                 "has lines such as '333132,94.37'",
                                 file_, line_, what));
  }

  std::optional<std::vector<std::string>> next() {
    ++line_;
    std::string line;
    if (!std::getline(text_, line))
      return {};
    if (line.ends_with('\r'))
      line.pop_back();
    std::istringstream from{line};
    std::vector<std::string> parts;
    for (std::string part; std::getline(from, part, ',');)
      parts.push_back(part);
    return parts;
  }

  void take(std::vector<std::string> parts) {
    if (parts.size() != names.size() + 1)
      refuse(fmt::format("the line has {} columns, and the first one {}", parts.size(), names.size() + 1));
    auto const code = parts[static_cast<std::size_t>(edges_at_)];
    auto const values = values_of(code);
    if (!values)
      refuse(fmt::format("'{}' are not {} operations from 0 to {}", code, paths.size(), operations.size() - 1));
    parts.erase(parts.begin() + edges_at_);
    auto const index = index_of(*values);
    if (auto const before = std::exchange(lines_[index], line_); before != 0)
      refuse(fmt::format("{} was told of in line {}", code, before));
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto const number = number_of(parts[i]);
      if (!number)
        refuse(fmt::format("'{}' in column '{}' is no number", parts[i], names[i]));
      numbers[i][index] = *number;
    }
  }

  std::string file_;
  std::istringstream text_;
  int line_ = 0;
  std::ptrdiff_t edges_at_ = 0;
  std::vector<int> lines_ = std::vector<int>(cells); // that told of each cell
};

} // namespace

double table_column::operator()(compiler::architecture const& a) const {
  auto const number = (*numbers_)[index_of(a.values)];
  if (std::isnan(number))
    throw user_error(fmt::format("{} has no line of the architecture {}; take a table of all {} cells of NAS-Bench-201",
                                 file_, code_of(a.values), cells));
  return number;
}

score_table::score_table(std::filesystem::path const& file, compiler::decision_space const& space,
                         std::string const& accuracy)
    : file_(file.string()) {
  require_nas_bench_201(space, file_);
  reader read{file_};
  names_ = std::move(read.names);
  accuracy_ = index_of_column(accuracy);
  auto const is_no_percentage = [](double number) { return number < 0 || number > 100; };
  auto const& percentages = read.numbers[accuracy_];
  if (auto const found = std::ranges::find_if(percentages, is_no_percentage); found != percentages.end())
    throw user_error(fmt::format("{}: column '{}' holds {}, and an accuracy is from 0 to 100 %; name one of accuracies",
                                 file_, accuracy, *found));
  for (auto& numbers : read.numbers)
    columns_.emplace_back(file_, std::move(numbers));
}

std::size_t score_table::index_of_column(std::string const& name) const {
  auto const found = std::ranges::find(names_, name);
  if (found == names_.end())
    throw user_error(fmt::format("{} has no column '{}'{}", file_, name, compiler::suggest(name, names_)));
  return static_cast<std::size_t>(found - names_.begin());
}

} // namespace espalier::runtime
