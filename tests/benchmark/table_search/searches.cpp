#include "searches.hpp"

#include "../../../runtime/src/strategy/distinct_proposals.hpp"
#include "../../../runtime/src/strategy/nsga2.hpp"

#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/pareto.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include <fmt/format.h>

namespace benchmark {

namespace {

using namespace espalier;
using compiler::architecture;
using points = std::vector<std::vector<double>>;

std::vector<architecture> architectures_of(compiler::decision_space const& independent) {
  std::vector<architecture> all;
  architecture a{std::vector<std::uint32_t>(independent.size())};
  for (std::size_t d = 0; d < a.values.size();) {
    all.push_back(a);
    for (d = 0; d < a.values.size() && ++a.values[d] == independent[d].options.size(); ++d)
      a.values[d] = 0;
  }
  return all;
}

// Latency on one device and error, both to be minimized.
class latency_and_error {
public:
  latency_and_error(table_search const& of, std::string const& device)
      : table_(of.table), latency_(of.table.column(device)) {
    points all;
    for (auto const& a : architectures_of(of.space.decisions))
      all.push_back((*this)(a));
    auto const slowest = std::ranges::max(all)[0];
    auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::ranges::nth_element(all, middle, {}, [](auto const& point) { return point[1]; });
    reference_ = {slowest, (*middle)[1]};
    exact_ = runtime::hypervolume(all, reference_);
  }

  std::vector<double> operator()(architecture const& a) const { return {latency_(a), 1 - table_(a)}; }

  // To the hypervolume of the exact front, after each number of queries, in percent.
  [[nodiscard]] std::vector<double> lacking(points const& seen, std::span<std::size_t const> queries) const {
    std::vector<double> found;
    for (auto const count : queries)
      found.push_back(100 - 100 *
                                runtime::hypervolume({seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(count)},
                                                     reference_) /
                                exact_);
    return found;
  }

private:
  runtime::score_table const& table_;
  runtime::table_column latency_;
  std::array<double, 2> reference_{};
  double exact_ = 0;
};

points drawn(compiler::decision_space const& space, latency_and_error const& objectives, std::uint64_t seed,
             std::size_t count) {
  compiler::random_generator random{seed};
  std::set<architecture> seen;
  points found;
  while (found.size() < count)
    if (auto const a = compiler::sample(space, random); seen.insert(a).second)
      found.push_back(objectives(a));
  return found;
}

points evolved(table_search const& of, latency_and_error const& objectives, std::uint64_t seed, std::size_t count) {
  constexpr std::size_t population = 20; // the paper's 100 would make no more than ten generations
  runtime::nsga2 evolution{of.space.decisions, {&of.space.costs, {}, {}}, seed, {.population = population}};
  points found;
  while (found.size() < count) {
    auto const a = evolution.propose();
    evolution.observe(a, found.emplace_back(objectives(a)));
  }
  return found;
}

} // namespace

contestant search_of(table_search const& of, std::string name, runtime::make_strategy* make) {
  auto const all = architectures_of(of.space.decisions);
  auto const best = of.table(*std::ranges::max_element(all, {}, [&](architecture const& a) { return of.table(a); }));
  auto const search = [of, make, best](std::uint64_t seed, std::span<std::size_t const> queries) {
    auto const strategy = make({.space = of.space,
                                .limit = {&of.space.costs, {}, {}},
                                .seed = seed,
                                .trials = static_cast<std::int64_t>(queries.back())});
    runtime::distinct_proposals proposals{*strategy};
    std::vector<double> lacking;
    double found = 0;
    bool is_done = false; // where nothing new is proposed, the rest of the queries find nothing
    for (std::size_t query = 1; lacking.size() < queries.size(); ++query) {
      auto const a = is_done ? std::nullopt : proposals.next();
      is_done = !a;
      if (a) {
        auto const score = of.table(*a);
        proposals.observe(*a, score);
        found = std::max(found, score);
      }
      if (query == queries[lacking.size()])
        lacking.push_back(100 * (best - found));
    }
    return lacking;
  };
  return {std::move(name), search, 0};
}

std::vector<contestant> searches_of_fronts(table_search const& of, std::vector<std::string> const& devices) {
  std::vector<contestant> all;
  for (auto const& device : devices) {
    auto const objectives = std::make_shared<latency_and_error const>(of, device);
    auto const rival = all.size();
    all.push_back({fmt::format("random, {}", device),
                   [of, objectives](std::uint64_t seed, std::span<std::size_t const> queries) {
                     return objectives->lacking(drawn(of.space.decisions, *objectives, seed, queries.back()), queries);
                   },
                   rival});
    all.push_back({fmt::format("NSGA-II, {}", device),
                   [of, objectives](std::uint64_t seed, std::span<std::size_t const> queries) {
                     return objectives->lacking(evolved(of, *objectives, seed, queries.back()), queries);
                   },
                   rival});
  }
  return all;
}

} // namespace benchmark
