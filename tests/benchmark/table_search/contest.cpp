#include "contest.hpp"

#include "throughput.hpp"

#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/plot.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace benchmark {

namespace {

namespace runtime = espalier::runtime;

std::vector<std::size_t> up_to(std::size_t most, std::vector<std::size_t> queries) {
  std::erase_if(queries, [&](std::size_t q) { return q > most; });
  return queries;
}

// About ten a decade, and those that are wanted.
std::vector<std::size_t> kept_queries(std::size_t most, std::vector<std::size_t> wanted) {
  auto const step = std::pow(10, 0.1);
  for (double exact = 1; exact < static_cast<double>(most); exact *= step)
    wanted.push_back(static_cast<std::size_t>(std::lround(exact)));
  wanted.push_back(most);
  std::ranges::sort(wanted);
  auto const repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  return wanted;
}

std::vector<std::size_t> joined(std::vector<std::size_t> a, std::vector<std::size_t> const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace

contest::contest(std::vector<contestant> contestants, contest_size size, std::vector<std::size_t> reported,
                 std::vector<std::size_t> compared)
    : contestants_(std::move(contestants)), size_(size), reported_(up_to(size.queries, std::move(reported))),
      compared_(up_to(size.queries, std::move(compared))),
      queries_(kept_queries(size.queries, joined(reported_, compared_))),
      lacking_(contestants_.size() * queries_.size() * size.seeds), seconds_(contestants_.size() * size.seeds) {
  run_in_processes(size.processes, contestants_.size() * size.seeds,
                   [&](std::size_t task) { run(task / size.seeds, task % size.seeds); });
}

std::span<double> contest::lacking(std::size_t contestant, std::size_t query) const {
  return lacking_.part((contestant * queries_.size() + query) * size_.seeds, size_.seeds);
}

std::span<double> contest::lacking_after(std::size_t contestant, std::size_t queries) const {
  return lacking(contestant, static_cast<std::size_t>(std::ranges::find(queries_, queries) - queries_.begin()));
}

std::span<double> contest::seconds(std::size_t contestant) const {
  return seconds_.part(contestant * size_.seeds, size_.seeds);
}

comparison contest::against_rival(std::size_t contestant, std::size_t queries) const {
  return compare_pairs(lacking_after(contestant, queries), lacking_after(contestants_[contestant].rival, queries));
}

void contest::run(std::size_t contestant, std::size_t seed) const {
  auto const begin = cpu_seconds();
  auto const found = contestants_[contestant].search(seed + 1, queries_);
  seconds(contestant)[seed] = cpu_seconds() - begin;
  for (std::size_t q = 0; q < found.size(); ++q)
    lacking(contestant, q)[seed] = found[q];
}

void contest::print(std::string const& of_what) const {
  fmt::print("{}, mean [95 %] median of {} seeds; ahead : behind with the same seed (p)\n\n| |", of_what, size_.seeds);
  for (auto const queries : reported_)
    fmt::print(" {} queries |", queries);
  for (auto const queries : compared_)
    fmt::print(" ahead at {} |", queries);
  fmt::print(" ms a query |\n|{}\n", [&] {
    std::string rule;
    for (std::size_t column = 0; column < reported_.size() + compared_.size() + 2; ++column)
      rule += "---|";
    return rule;
  }());
  for (std::size_t c = 0; c < contestants_.size(); ++c) {
    fmt::print("| {} |", contestants_[c].name);
    for (auto const queries : reported_) {
      auto const values = lacking_after(c, queries);
      auto const [mean, low, high] = mean_of(values);
      fmt::print(" {:.3f} [{:.3f}, {:.3f}] {:.3f} |", mean, low, high, median_of(values));
    }
    for (auto const queries : compared_) {
      auto const [ahead, behind, p] = against_rival(c, queries);
      fmt::print("{}|", ahead + behind > 0 ? fmt::format(" {} : {} ({:.1g}) ", ahead, behind, p) : " ");
    }
    fmt::print(" {:.4f} |\n", 1000 * mean_of(seconds(c)).mean / static_cast<double>(size_.queries));
  }
}

std::size_t contest::winners() const {
  constexpr double significance = 0.01;
  std::size_t found = 0;
  for (std::size_t c = 0; c < contestants_.size(); ++c)
    found += std::ranges::all_of(compared_, [&](std::size_t queries) {
      auto const [ahead, behind, p] = against_rival(c, queries);
      return ahead > behind && p < significance;
    });
  return found;
}

void contest::write(std::string const& file, std::string const& title, std::string const& y_label) const {
  constexpr std::size_t first_drawn = 10;
  std::string csv = "search,queries,mean,low,high\n";
  runtime::plot drawn{.title = title,
                      .x_label = "architectures queried",
                      .y_label = y_label,
                      .series = {},
                      .x_scale = runtime::plot_scale::logarithmic,
                      .y_scale = runtime::plot_scale::logarithmic};
  for (std::size_t c = 0; c < contestants_.size(); ++c) {
    runtime::plot_series curve{.name = contestants_[c].name, .points = {}, .is_line = true};
    bool is_above_zero = true; // a logarithmic axis has no place for what lacks nothing
    for (std::size_t q = 0; q < queries_.size(); ++q) {
      auto const [mean, low, high] = mean_of(lacking(c, q));
      csv += fmt::format("\"{}\",{},{:.4f},{:.4f},{:.4f}\n", curve.name, queries_[q], mean, low, high);
      is_above_zero = is_above_zero && low > 0;
      if (queries_[q] >= first_drawn && is_above_zero) {
        curve.points.push_back({static_cast<double>(queries_[q]), mean});
        curve.band.push_back({low, high});
      }
    }
    drawn.series.push_back(std::move(curve));
  }
  runtime::write_atomically(file + ".csv", csv);
  runtime::write_atomically(file + ".svg", runtime::scatter_svg(drawn));
}

} // namespace benchmark
