#include "decision_spaces.hpp"
#include "distribution.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/cost_conditional.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <spaces/attentive_nas.hpp>
#include <spaces/metaqnn.hpp>

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using distributions::chi_square_limit;

namespace {

// A cost that any architecture has, and in which decisions differ: large enough that some of its multiples are close.
cost_model weighted_values(decision_space const& space) {
  return {space, [](architecture const& a) {
            long long macs = 40;
            for (std::size_t i = 0; i < a.values.size(); ++i)
              macs += static_cast<long long>(2 + i % 3) * a.values[i];
            return operation_cost{0, macs};
          }};
}

// What decides, by itself, how likely a value is: the decisions drawn with it, and for a layer the state before it.
struct factor {
  std::vector<std::size_t> decisions;
  std::function<long long(architecture const&)> context; ///< Negative where it does not exist.
};

std::vector<factor> factors_of(decision_space const& space) {
  std::vector<factor> factors;
  std::set<std::size_t> placed;
  for (auto const& chain : space.chains())
    for (std::size_t k = 0; k < chain.decisions.size(); ++k) {
      auto const i = static_cast<std::size_t>(chain.decisions[k]);
      placed.insert(i);
      factors.push_back({{i}, [&space, &chain, i, k](architecture const& a) -> long long {
                           if (!active_decisions(space, a)[i])
                             return -1;
                           int state = 0;
                           for (std::size_t j = 0; j < k; ++j)
                             state = chain.next[j][static_cast<std::size_t>(state)]
                                               [a.values[static_cast<std::size_t>(chain.decisions[j])]];
                           return state;
                         }});
    }
  auto const add = [&](std::vector<std::size_t> const& decisions) {
    placed.insert(decisions.begin(), decisions.end());
    factors.push_back({decisions, [&space, first = decisions.front()](architecture const& a) -> long long {
                         return active_decisions(space, a)[first] ? 0 : -1;
                       }});
  };
  for (auto const& group : space.groups())
    add({group.decisions.begin(), group.decisions.end()});
  for (std::size_t i = 0; i < space.size(); ++i)
    if (!placed.contains(i))
      add({i});
  return factors;
}

// The law by its definition: each factor with the share that its value has among those drawn, where it exists in the
// same context; what has another cost is rejected up to 100 times, then it is one of those drawn.
std::map<architecture, double> factorized(decision_space const& space, std::vector<architecture> const& possible,
                                          std::vector<architecture> const& drawn) {
  std::map<architecture, double> law;
  for (auto const& a : possible)
    law[a] = 1;
  for (auto const& factor : factors_of(space)) {
    auto const& context = factor.context;
    std::map<std::pair<long long, std::vector<std::uint32_t>>, double> taken;
    std::map<long long, double> all;
    auto const key = [&](architecture const& a) {
      std::vector<std::uint32_t> values;
      for (auto const i : factor.decisions)
        values.push_back(a.values[i]);
      return std::pair{context(a), values};
    };
    for (auto const& a : drawn) {
      ++taken[key(a)];
      ++all[context(a)];
    }
    for (auto& [a, probability] : law)
      if (context(a) >= 0)
        probability *= taken[key(a)] / std::max(all[context(a)], 1.0);
  }
  double accepted = 0;
  for (auto const& [a, probability] : law)
    accepted += probability;
  auto const never = std::pow(1 - std::min(accepted, 1.0), 100);
  for (auto& [a, probability] : law)
    probability *= (1 - never) / accepted;
  for (auto const& a : drawn)
    law.at(a) += never / static_cast<double>(drawn.size());
  return law;
}

// By decision and value, how often it is taken where it exists; by decision, how often it exists.
double greatest_difference(decision_space const& space, std::vector<architecture> const& a,
                           std::vector<architecture> const& b) {
  double greatest = 0;
  for (std::size_t i = 0; i < space.size(); ++i) {
    std::map<std::uint32_t, double> difference;
    for (auto const& one : a)
      difference[one.values[i]] += 1 / static_cast<double>(a.size());
    for (auto const& one : b)
      difference[one.values[i]] -= 1 / static_cast<double>(b.size());
    double total = 0;
    for (auto const& [value, by] : difference)
      total += std::abs(by) / 2;
    greatest = std::max(greatest, total);
  }
  return greatest;
}

} // namespace

TEST_CASE("architectures of a target cost follow the product of what decisions are there") {
  auto const chains =
      decision_space{expand(lower(spaces::metaqnn::network("chains", espalier::dsl::image(1, 6, 6), 2).view()))};
  auto const tangled = decision_spaces::tangled();
  for (auto const* space : {&tangled, &chains}) {
    auto const costs = weighted_values(*space);
    cost_conditional const conditional{costs, 5, {.architectures = 3'000, .step = 6}};
    std::map<long long, std::vector<architecture>> possible;
    for (auto const& a : decision_spaces::all_of(*space))
      possible[conditional.target_of(costs.of(a).macs)].push_back(a);
    std::map<long long, std::vector<architecture>> drawn;
    random_generator again{5};
    for (int i = 0; i < 3'000; ++i) {
      auto a = sample(*space, again);
      drawn[conditional.target_of(costs.of(a).macs)].push_back(std::move(a));
    }
    REQUIRE(drawn.size() == conditional.targets().size());
    random_generator random{6};
    int checked = 0;
    for (auto const& [target, alike] : drawn) {
      INFO(target << ": " << possible[target].size());
      auto law = factorized(*space, possible[target], alike);
      std::erase_if(law, [](auto const& entry) { return entry.second == 0; });
      auto const rarest = std::ranges::min_element(law, {}, [](auto const& entry) { return entry.second; });
      if (law.size() == 1 || rarest->second < 0.0006)
        continue;
      distributions::check_distribution(law, 10'000,
                                        [&, target = target] { return conditional.sample(random, target); });
      ++checked;
    }
    CHECK(checked > 4);
  }
}

TEST_CASE("targets are drawn as often as architectures have them, or evenly") {
  auto const space = decision_spaces::tangled();
  auto const costs = weighted_values(space);
  cost_conditional const conditional{costs, 7, {.architectures = 400'000, .step = 8}};
  auto const all = decision_spaces::all_of(space);
  std::map<long long, double> shares;
  for (auto const& a : all)
    shares[conditional.target_of(costs.of(a).macs)] += 1 / static_cast<double>(all.size());
  REQUIRE(shares.size() > 4);
  random_generator random{8};
  constexpr int times = 10'000;
  for (auto const law : {target_law::empirical, target_law::uniform}) {
    std::map<long long, int> drawn;
    for (int i = 0; i < times; ++i)
      ++drawn[conditional.draw_target(random, law)];
    double sum = 0;
    for (auto const& [target, share] : shares) {
      auto const expected = times * (law == target_law::empirical ? share : 1 / static_cast<double>(shares.size()));
      sum += (drawn[target] - expected) * (drawn[target] - expected) / expected;
    }
    CHECK(drawn.size() == shares.size());
    CHECK(sum < chi_square_limit(shares.size() - 1));
  }
}

TEST_CASE("samples have their target, are new, and decide as uniformly drawn architectures of that cost do") {
  compiled_space const space{lower(spaces::attentive_nas::supernet.view())};
  constexpr cost_conditional::parameters numbers{.architectures = 100'000, .step = 25'000'000}; // as released
  cost_conditional const conditional{space.costs, 9, numbers};
  random_generator again{9};
  std::set<architecture> drawn;
  for (std::size_t i = 0; i < numbers.architectures; ++i)
    drawn.insert(sample(space.decisions, again));

  random_generator random{10};
  random_generator same{10};
  int known = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto const target = conditional.draw_target(random);
    auto const a = conditional.sample(random, target);
    REQUIRE(faults(space.decisions, a).empty());
    REQUIRE(conditional.target_of(space.costs.of(a).macs) == target);
    REQUIRE(std::abs(space.costs.of(a).macs - target) <= numbers.step / 2);
    REQUIRE(conditional.draw_target(same) == target);
    REQUIRE(conditional.sample(same, target) == a);
    known += static_cast<int>(drawn.contains(a));
  }
  CHECK(known < 20); // 1 in 100: where no draw had the target

  std::vector<architecture> everywhere;
  std::vector<architecture> uniform;
  std::vector<architecture> factorized;
  constexpr auto target = 400'000'000LL;
  while (uniform.size() < 2'000) {
    everywhere.push_back(sample(space.decisions, random));
    if (conditional.target_of(space.costs.of(everywhere.back()).macs) == target)
      uniform.push_back(everywhere.back());
  }
  while (factorized.size() < uniform.size())
    factorized.push_back(conditional.sample(random, target));
  CHECK(greatest_difference(space.decisions, factorized, uniform) < 0.12);
  CHECK(greatest_difference(space.decisions, everywhere, uniform) > 0.3);
}

TEST_CASE("a target that no architecture has is refused with those that there are") {
  auto const space = decision_spaces::tangled();
  auto const costs = weighted_values(space);
  cost_conditional const conditional{costs, 1, {.architectures = 10'000, .step = 10}};
  random_generator random{2};
  CHECK(conditional.targets().front() == 40);
  CHECK(conditional.target_of(45) == 50);
  CHECK(conditional.target_of(44) == 40);
  CHECK_THROWS_WITH(conditional.sample(random, 41), ContainsSubstring("none of 10000 random architectures has about 41 "
                                                                      "macs: they have 40 to "));
  CHECK_THROWS_AS(conditional.sample(random, conditional.targets().back() + 10), espalier::user_error);

  cost_conditional const preset{costs, 1, {.architectures = 10'000}};
  CHECK(preset.targets().size() > 20);
  CHECK(preset.targets().size() <= 52);
}
