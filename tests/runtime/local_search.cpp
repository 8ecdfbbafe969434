#include "prelude.hpp"

#include "../../runtime/src/strategy/local_search.hpp"
#include "../compiler/decision_spaces.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <string>

namespace {

using namespace espalier;
using compiler::architecture;

compiler::decision_space four_choices() {
  std::vector<compiler::decision> decisions;
  for (int i = 0; i < 4; ++i)
    decisions.push_back(decision_spaces::choice("choice" + std::to_string(i), 3));
  return compiler::decision_space{std::move(decisions)};
}

int differing_decisions(architecture const& a, architecture const& b) {
  return std::transform_reduce(a.values.begin(), a.values.end(), b.values.begin(), 0, std::plus<>{},
                               [](auto v, auto w) { return v != w ? 1 : 0; });
}

double sum_of(architecture const& a) {
  return std::accumulate(a.values.begin(), a.values.end(), 0.0);
}

} // namespace

TEST_CASE("local search moves to the first better neighbour, sees all neighbours of an optimum, and begins anew") {
  auto const space = four_choices();
  runtime::local_search search{space, {}, 5, {.starts = 3}};
  std::vector<architecture> starts;
  for (int i = 0; i < 3; ++i) {
    starts.push_back(search.propose());
    search.observe(starts.back(), sum_of(starts.back()));
  }
  auto current = *std::ranges::max_element(starts, {}, sum_of);
  while (sum_of(current) < 8) {
    auto const a = search.propose();
    REQUIRE(differing_decisions(a, current) == 1);
    search.observe(a, sum_of(a));
    if (sum_of(a) > sum_of(current))
      current = a;
  }
  std::set<architecture> neighbours;
  for (int i = 0; i < 8; ++i) {
    auto const a = search.propose();
    CHECK(differing_decisions(a, current) == 1);
    neighbours.insert(a);
    search.observe(a, sum_of(a));
  }
  CHECK(neighbours.size() == 8);
  int far = 0;
  for (int i = 0; i < 3; ++i) {
    auto const a = search.propose();
    far += static_cast<int>(differing_decisions(a, current) > 1);
    search.observe(a, -1 - i); // the first one is the best
    starts[static_cast<std::size_t>(i)] = a;
  }
  CHECK(far > 0);
  CHECK(differing_decisions(search.propose(), starts.front()) == 1);
}

TEST_CASE("local search moves to a better architecture whose score comes late") {
  auto const space = four_choices();
  runtime::local_search search{space, {}, 6, {.starts = 1}};
  search.observe(search.propose(), 0.5);
  auto const late = search.propose();
  for (int i = 0; i < 3; ++i)
    search.observe(search.propose(), 0.4);
  search.observe(late, 0.6);
  std::set<architecture> proposed;
  for (int i = 0; i < 8; ++i)
    proposed.insert(search.propose());
  CHECK(proposed.size() == 8);
  CHECK(std::ranges::all_of(proposed, [&](auto const& a) { return differing_decisions(a, late) == 1; }));
}

TEST_CASE("local search leaves out neighbours beyond its limit") {
  auto const space = four_choices();
  runtime::local_search search{space, {nullptr, {}, {}, nullptr, {{"sum", "steps", sum_of, 5, {}}}}, 7, {.starts = 1}};
  for (int i = 0; i < 500; ++i) {
    auto const a = search.propose();
    REQUIRE(sum_of(a) <= 5);
    search.observe(a, sum_of(a));
  }
}
