#pragma once

#include "processes.hpp"
#include "statistics.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace benchmark {

struct contest_size {
  std::size_t seeds = 200;
  std::size_t queries = 1000;
  std::size_t processes = 2;
};

/// A search that asks for one architecture after another.
struct contestant {
  std::string name;
  /// What is lacking to the best possible result after each of some rising numbers of queries, with one seed.
  std::function<std::vector<double>(std::uint64_t seed, std::span<std::size_t const> queries)> search;
  std::size_t rival; ///< Which contestant it is compared with.
};

/// Searches with many seeds each.
class contest {
public:
  /// Runs all. Results are kept about ten times a decade of queries, and after `reported` and `compared` ones.
  contest(std::vector<contestant> contestants, contest_size size, std::vector<std::size_t> reported,
          std::vector<std::size_t> compared);

  /// A table in Markdown: for each contestant mean, 95 % interval and median after `reported` queries, how often it is
  /// ahead of its rival with the same seed after `compared` ones, and its CPU time.
  void print(std::string const& of_what) const;
  /// Who is ahead of its rival after each of `compared` queries, by a sign test with p < 0.01.
  [[nodiscard]] std::size_t winners() const;
  /// FILE.csv and FILE.svg: the mean after so many queries, and its 95 % interval.
  void write(std::string const& file, std::string const& title, std::string const& y_label) const;

private:
  // What is lacking to each seed, after the number of queries with this index.
  [[nodiscard]] std::span<double> lacking(std::size_t contestant, std::size_t query) const;
  [[nodiscard]] std::span<double> seconds(std::size_t contestant) const;
  [[nodiscard]] std::span<double> lacking_after(std::size_t contestant, std::size_t queries) const;
  [[nodiscard]] comparison against_rival(std::size_t contestant, std::size_t queries) const;
  void run(std::size_t contestant, std::size_t seed) const;

  std::vector<contestant> contestants_;
  contest_size size_;
  std::vector<std::size_t> reported_;
  std::vector<std::size_t> compared_;
  std::vector<std::size_t> queries_; // where results are kept
  shared_numbers lacking_;
  shared_numbers seconds_;
};

} // namespace benchmark
