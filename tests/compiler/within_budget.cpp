#include "decision_spaces.hpp"

#include <espalier/compiler/within_budget.hpp>

#include "catch.hpp"

#include <cmath>
#include <map>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using decision_spaces::all_of;
using decision_spaces::choice;
using decision_spaces::subset;

namespace {

// Three independent parts: a subset with what hangs on it, two choices that one term couples, and a choice alone.
struct three_parts {
  decision_space space{
      {subset("edges", 4, 1, 2), choice("op", 3, 0, 0b0101), choice("a", 3), choice("b", 2), choice("alone", 4)}};
  cost_model costs{space,
                   {{{}, {{100, 7}}},
                    {{{0, 1}}, {{}, {5, 1}}},
                    {{{1}}, {{1, 1}, {2, 2}, {4, 3}, {}}},
                    {{{2}, {3}}, {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {3, 3}, {8, 8}}},
                    {{{4}}, {{0, 0}, {1, 1}, {2, 2}, {3, 3}}}}};
};

} // namespace

TEST_CASE("architectures within a budget are counted and drawn exactly") {
  three_parts const parts;
  auto const all = all_of(parts.space);
  random_generator random{31};
  for (long long const most : {100LL, 104LL, 107LL, 200LL}) {
    std::map<architecture, int> drawn;
    for (auto const& a : all)
      if (parts.costs.of(a).params <= most)
        drawn[a] = 0;
    auto const within = architectures_within::find(parts.costs, &operation_cost::params, most);
    REQUIRE(within);
    REQUIRE(within->count() == drawn.size());
    auto const times = static_cast<int>(drawn.size()) * 200;
    for (int i = 0; i < times; ++i) {
      auto const a = within->sample(random);
      REQUIRE(drawn.contains(a));
      ++drawn[a];
    }
    double sum = 0;
    for (auto const& [a, count] : drawn)
      sum += (count - 200.0) * (count - 200.0) / 200.0;
    auto const degrees = static_cast<double>(drawn.size() - 1); // p = 1e-4: 3.72 standard deviations and the skew
    CHECK(sum < degrees + 3.72 * std::sqrt(2 * degrees) + 10);
  }
}

TEST_CASE("a budget that nothing keeps is refused, one that is too intricate is left to others") {
  three_parts const parts;
  CHECK_THROWS_WITH(architectures_within::find(parts.costs, &operation_cost::params, 99),
                    "no architecture costs at most 99: the smallest costs 100; raise the limit to that");
  std::vector<decision> many;
  std::vector<cost_term<operation_cost>> terms;
  for (int i = 0; i < 20; ++i) {
    many.push_back(choice("d" + std::to_string(i), 2));
    if (i > 0)
      terms.push_back({{{i - 1}, {i}}, {{1, 1}, {2, 2}, {3, 3}, {4, 4}}});
  }
  decision_space const chain{many};
  CHECK_FALSE(architectures_within::find({chain, terms}, &operation_cost::macs, 1000));
}
