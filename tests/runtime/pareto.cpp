#include "prelude.hpp"

#include "../../runtime/src/strategy/nsga2.hpp"
#include "spaces.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/pareto.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>

#include <fmt/format.h>

namespace {

using namespace espalier;
using compiler::architecture;
using points = std::vector<std::vector<double>>;

// Whole coordinates below `bound`, so that many are equal.
points random_points(std::size_t count, std::size_t objectives, std::uint32_t bound, std::uint64_t seed) {
  compiler::random_generator random{seed};
  points drawn(count, std::vector<double>(objectives));
  for (auto& point : drawn)
    for (auto& value : point)
      value = random.below(bound);
  return drawn;
}

bool is_better(std::vector<double> const& a, std::vector<double> const& b) {
  bool somewhere = false;
  for (std::size_t m = 0; m < a.size(); ++m) {
    if (a[m] > b[m])
      return false;
    somewhere = somewhere || a[m] < b[m];
  }
  return somewhere;
}

// Two objectives, both minimized: multiply-adds, and the negated sum of what each option of each decision is worth. In
// `spaces::fashion::blocks`, whose option 0 costs nothing, costlier options tend to be worth more.
class additive_objectives {
public:
  explicit additive_objectives(compiler::compiled_space const& space) : space_(space) {
    compiler::random_generator random{11};
    architecture a{std::vector<std::uint32_t>(space.decisions.size())};
    auto const least = space.costs.of(a).macs;
    for (std::size_t d = 0; d < a.values.size(); ++d) {
      auto& worth = worth_.emplace_back();
      for (a.values[d] = 0; a.values[d] < space.decisions[d].options.size(); ++a.values[d])
        worth.push_back((0.5 + random.uniform()) * std::sqrt(static_cast<double>(space.costs.of(a).macs - least)));
      a.values[d] = 0;
    }
  }

  std::vector<double> operator()(architecture const& a) const {
    double worth = 0;
    for (std::size_t d = 0; d < worth_.size(); ++d)
      worth += worth_[d][a.values[d]];
    return {static_cast<double>(space_.costs.of(a).macs), -worth};
  }

  // All of a space whose decisions are independent of each other.
  [[nodiscard]] points of_all() const {
    points all;
    architecture a{std::vector<std::uint32_t>(worth_.size())};
    for (std::size_t d = 0; d < worth_.size();) {
      all.push_back((*this)(a));
      for (d = 0; d < worth_.size() && ++a.values[d] == worth_[d].size(); ++d)
        a.values[d] = 0;
    }
    return all;
  }

private:
  compiler::compiled_space const& space_;
  std::vector<std::vector<double>> worth_;
};

points observed(runtime::nsga2& evolution, additive_objectives const& objectives, int evaluations) {
  points seen;
  for (int i = 0; i < evaluations; ++i) {
    auto const a = evolution.propose();
    seen.push_back(objectives(a));
    evolution.observe(a, seen.back());
  }
  return seen;
}

} // namespace

TEST_CASE("a Pareto front is the points that no other one dominates, of equals the first, by the first objective") {
  for (std::size_t const objectives : {1, 2, 3})
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto const drawn = random_points(60, objectives, 12, seed);
      std::set<std::vector<double>> expected;
      for (auto const& point : drawn)
        if (std::ranges::none_of(drawn, [&](auto const& other) { return is_better(other, point); }))
          expected.insert(point);
      points found;
      for (auto const i : runtime::pareto_front(drawn)) {
        found.push_back(drawn[i]);
        CHECK(std::ranges::find(drawn, drawn[i]) == std::next(drawn.begin(), static_cast<std::ptrdiff_t>(i)));
      }
      CHECK(found == points(expected.begin(), expected.end()));
    }
  CHECK(runtime::pareto_front({}).empty());
  CHECK_THROWS_AS(runtime::pareto_front({{1, 2}, {1, 2, 3}}), internal_error);
  CHECK_THROWS_AS(runtime::pareto_front({{1, std::numeric_limits<double>::quiet_NaN()}}), internal_error);
}

TEST_CASE("a hypervolume is the area between the points and the reference") {
  constexpr int side = 12;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const drawn = random_points(8, 2, side + 3, seed); // some are not below the reference
    int squares = 0;
    for (int x = 0; x < side; ++x)
      for (int y = 0; y < side; ++y)
        squares += std::ranges::any_of(drawn, [&](auto const& point) { return point[0] <= x && point[1] <= y; });
    CHECK(runtime::hypervolume(drawn, {side, side}) == squares);
  }
  CHECK(runtime::hypervolume({}, {1, 1}) == 0);
  CHECK_THROWS_AS(runtime::hypervolume({{1, 2, 3}}, {5, 5}), internal_error);
}

TEST_CASE("a point's rank is the front in which it is once those before are gone") {
  CHECK(runtime::non_dominated_ranks({{3, 3}, {1, 4}, {2, 2}, {4, 1}, {4, 4}, {2, 2}, {5, 5}, {1, 5}}) ==
        std::vector<std::size_t>{1, 0, 0, 0, 2, 0, 3, 1});
  auto const drawn = random_points(80, 3, 10, 4);
  auto const ranks = runtime::non_dominated_ranks(drawn);
  for (std::size_t p = 0; p < drawn.size(); ++p) { // one behind the last of those that dominate it
    std::size_t expected = 0;
    for (std::size_t q = 0; q < drawn.size(); ++q)
      if (is_better(drawn[q], drawn[p]))
        expected = std::max(expected, ranks[q] + 1);
    CHECK(ranks[p] == expected);
  }
}

TEST_CASE("the crowding distance adds up the gaps between a point's neighbours, as shares of the front") {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  // By the first objective: 0, 1, 3, 4; by the second 10, 20, 40, 50 the other way round.
  CHECK(runtime::crowding_distances({{3, 20}, {0, 50}, {4, 10}, {1, 40}}) ==
        std::vector<double>{3.0 / 4 + 30.0 / 40, infinity, infinity, 3.0 / 4 + 30.0 / 40});
  CHECK(runtime::crowding_distances({{0, 8}, {1, 4}, {2, 2}, {8, 0}}) ==
        std::vector<double>{infinity, 2.0 / 8 + 6.0 / 8, 7.0 / 8 + 4.0 / 8, infinity});
  CHECK(runtime::crowding_distances({{5, 5}, {5, 5}, {5, 5}}) == std::vector<double>{infinity, 0, infinity});
  CHECK(runtime::crowding_distances({{1, 2}}) == std::vector<double>{infinity});
  CHECK(runtime::crowding_distances({}).empty());
}

TEST_CASE("NSGA-II comes close to the exact Pareto front, and closer than random search") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  additive_objectives const objectives{*space};
  auto const all = objectives.of_all();
  REQUIRE(all.size() == 390'625);
  std::array const reference{std::ranges::max(all)[0], 0.0};
  auto const exact = runtime::hypervolume(all, reference);
  constexpr int evaluations = 3000;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    runtime::nsga2 evolution{space->decisions, {&space->costs, {}, {}}, seed, {}};
    auto const evolved = observed(evolution, objectives, evaluations);
    points front;
    for (auto const& [a, values] : evolution.front()) {
      CHECK(values == objectives(a));
      front.push_back(values);
    }
    points expected;
    for (auto const i : runtime::pareto_front(evolved))
      expected.push_back(evolved[i]);
    CHECK(front == expected);
    CHECK(runtime::hypervolume(front, reference) >= 0.99 * exact);

    compiler::random_generator random{seed};
    points drawn;
    for (int i = 0; i < evaluations; ++i)
      drawn.push_back(objectives(compiler::sample(space->decisions, random)));
    CHECK(runtime::hypervolume(drawn, reference) < 0.95 * exact);
  }
}

TEST_CASE("NSGA-II proposes nothing twice and nothing beyond a limit, and the same from the same seed") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  additive_objectives const objectives{*space};
  compiler::constraint const limit{&space->costs, 4'000'000, {}};
  runtime::nsga2 evolution{space->decisions, limit, 5, {.population = 20}};
  runtime::nsga2 again{space->decisions, limit, 5, {.population = 20}};
  std::set<architecture> seen;
  for (int i = 0; i < 600; ++i) {
    auto const a = evolution.propose();
    CHECK(again.propose() == a);
    CHECK(limit.admits(a));
    CHECK(seen.insert(a).second);
    evolution.observe(a, objectives(a));
    again.observe(a, objectives(a));
  }
}

TEST_CASE("of parents and children in NSGA-II the better fronts survive, and the least crowded of the last") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  // Four of eight: front 0 is 1 and 6; of front 1 (0, 3, 4 and 7) the ends are 3 and 4.
  points const objectives{{6, 6}, {0, 5}, {11, 11}, {9, 1}, {1, 9}, {10, 10}, {5, 0}, {6.5, 5.5}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    runtime::nsga2 evolution{
        space->decisions, {&space->costs, {}, {}}, seed, {.population = 4, .crossover = 1, .mutation = 0}};
    std::vector<architecture> proposed;
    for (auto const& values : objectives)
      evolution.observe(proposed.emplace_back(evolution.propose()), values);
    for (int i = 0; i < 4; ++i) {
      auto const child = evolution.propose();
      for (std::size_t d = 0; d < child.values.size(); ++d) // nothing mutates
        CHECK(std::ranges::any_of(std::array<std::size_t, 4>{1, 3, 4, 6}, [&](std::size_t survivor) {
          return proposed[survivor].values[d] == child.values[d];
        }));
    }
  }
}

TEST_CASE("NSGA-II ends where every architecture has been proposed, with the exact front") {
  auto const space = test_spaces::compiled(test_spaces::numbers.view());
  runtime::nsga2 evolution{space->decisions, {&space->costs, {}, {}}, 2, {.population = 10}};
  auto const objectives = [&](architecture const& a) {
    return std::vector<double>{static_cast<double>(space->costs.of(a).macs),
                               -static_cast<double>(a.values.front() + a.values.back())};
  };
  points seen;
  auto const count = static_cast<std::size_t>(space->decisions.count().approximate());
  REQUIRE(count < 1000);
  for (std::size_t i = 0; i < count; ++i) {
    auto const a = evolution.propose();
    evolution.observe(a, seen.emplace_back(objectives(a)));
  }
  CHECK_THROWS_WITH(evolution.propose(),
                    Catch::Matchers::ContainsSubstring(fmt::format("all {} architectures", count)));
  CHECK(evolution.front().size() == runtime::pareto_front(seen).size());
  CHECK_THROWS_AS(evolution.observe({}, {1, 2, 3}), internal_error);
}
