#include "decision_spaces.hpp"
#include "decision_weights.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>

#include "catch.hpp"

#include <algorithm>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using decision_spaces::all_of;
using decision_spaces::choice;
using decision_spaces::subset;

namespace {

using model = cost_sum<operation_cost>;

// A random table for what is read, with negative numbers, too.
cost_term<operation_cost> random_term(decision_space const& space, std::vector<cost_variable> reads,
                                      random_generator& random) {
  std::size_t size = 1;
  for (auto const& r : reads)
    size *= states_of(space, {}, r);
  cost_term<operation_cost> term{std::move(reads), {}};
  for (std::size_t i = 0; i < size; ++i)
    term.table.push_back({static_cast<long long>(random.below(2000U)) - 500, random.below(100U)});
  return term;
}

// Fixed, single, joint, twice the same, one within another; a state of a subset and single options.
std::vector<cost_term<operation_cost>> tangled_terms(decision_space const& space) {
  random_generator random{21};
  std::vector<std::vector<cost_variable>> const reads{
      {},         {{0}},           {{1}, {6}}, {{1}, {6}}, {{6}},      {{2, 1}},      {{2, 0}, {2, 3}},
      {{4}, {5}}, {{3}, {7}, {8}}, {{9}},      {{0, 2}},   {{5}, {9}}, {{2, 2}, {4}}, {{0}, {1}, {6}, {7}}};
  std::vector<cost_term<operation_cost>> terms;
  for (auto const& r : reads)
    terms.push_back(random_term(space, r, random));
  return terms;
}

std::size_t state_in(decision_space const& space, cost_variable const& r, architecture const& a) {
  auto const i = static_cast<std::size_t>(r.decision);
  bool const exists = active_decisions(space, a)[i];
  if (r.option >= 0)
    return static_cast<std::size_t>(exists && takes(space[i], a.values[i], static_cast<std::size_t>(r.option)));
  if (!exists)
    return states_of(space, {}, r) - 1;
  if (space[i].type == decision::kind::choice)
    return a.values[i];
  auto const values = subset_values(space[i]);
  return static_cast<std::size_t>(std::ranges::find(values, a.values[i]) - values.begin());
}

operation_cost by_definition(decision_space const& space, std::vector<cost_term<operation_cost>> const& terms,
                             architecture const& a) {
  operation_cost total;
  for (auto const& term : terms) {
    std::size_t index = 0;
    for (auto const& r : term.reads)
      index = index * states_of(space, {}, r) + state_in(space, r, a);
    total += term.table[index];
  }
  return total;
}

// The same decisions without constraints, each subset of any size: what independent weights describe.
decision_space unconstrained() {
  auto decisions = decision_spaces::tangled().decisions();
  decisions[2].least = 0;
  decisions[2].most = 4;
  return decision_space{std::move(decisions)};
}

} // namespace

TEST_CASE("a sum of terms costs what its terms say") {
  auto const space = decision_spaces::tangled();
  auto terms = tangled_terms(space);
  random_generator random{22};
  terms.push_back(random_term(space, {{2}, {3}}, random));
  model const costs{space, terms};
  CHECK(costs.terms().size() == terms.size() - 1); // two read the same
  for (auto const& a : all_of(space)) {
    auto const cost = costs.of(a);
    REQUIRE(cost == by_definition(space, terms, a));
    operation_cost shared;
    for (auto const& share : costs.shares(a))
      shared += share;
    REQUIRE(shared == cost);
  }
}

TEST_CASE("a mutant's cost follows from its parent's") {
  auto const space = decision_spaces::tangled();
  model const costs{space, tangled_terms(space)};
  random_generator random{23};
  auto parent = sample(space, random);
  auto cost = costs.of(parent);
  for (int i = 0; i < 50'000; ++i) {
    auto mutant = parent;
    auto const changed = mutate_in_place(mutant, space, random);
    cost = costs.of_mutant(mutant, changed, parent, cost);
    parent = mutant;
    REQUIRE(cost == costs.of(parent));
  }
  CHECK(costs.of_mutant(parent, -1, parent, cost) == cost);
}

TEST_CASE("smallest and largest are those of the whole space") {
  auto const space = decision_spaces::tangled();
  auto terms = tangled_terms(space);
  random_generator random{24};
  terms.push_back(random_term(space, {{2}, {5}}, random));
  model const costs{space, terms};
  auto const all = all_of(space);
  for (auto const key : {&operation_cost::params, &operation_cost::macs}) {
    auto const number = [&](architecture const& a) { return costs.of(a).*key; };
    auto const [least, most] = std::ranges::minmax(all, {}, number);
    auto const smallest = costs.smallest(key);
    auto const largest = costs.largest(key);
    CHECK(faults(space, smallest).empty());
    CHECK(faults(space, largest).empty());
    CHECK(number(smallest) == number(least));
    CHECK(number(largest) == number(most));
  }
}

TEST_CASE("a measured quantity is summed and bounded alike") {
  decision_space const space{{choice("a", 2), choice("b", 3, 0, 0b10)}};
  cost_sum<double> const latency{space, {{{}, {0.5}}, {{{0}, {1}}, {1, 2, 3, 4, 5, 6, 7, 8}}}};
  CHECK(latency.of({{0, 0}}) == 4.5); // `b` does not exist: its last state
  CHECK(latency.of({{1, 2}}) == 7.5);
  CHECK(latency.smallest({}) == architecture{{0, 0}});
  CHECK(latency.largest({}) == architecture{{1, 2}});
  CHECK(latency.expected({{0.25, 0.75}, {0.2, 0.3, 0.5}}, {}).value == Approx(0.5 + 0.25 * 4 + 0.75 * 6.3));
}

TEST_CASE("the expectation weighs all architectures") {
  auto const space = unconstrained();
  model const costs{space, tangled_terms(space)};
  random_generator random{25};
  auto const weights = decision_weights(space, random);
  double sum = 0;
  double whole = 0;
  for (auto const& a : all_of(space)) {
    double probability = 1;
    auto const active = active_decisions(space, a);
    for (std::size_t i = 0; i < space.size(); ++i)
      for (std::size_t o = 0; o < space[i].options.size() && active[i]; ++o) {
        bool const taken = takes(space[i], a.values[i], o);
        if (taken)
          probability *= weights[i][o];
        else if (space[i].type == decision::kind::subset)
          probability *= 1 - weights[i][o];
      }
    sum += probability * static_cast<double>(costs.of(a).params);
    whole += probability;
  }
  CHECK(whole == Approx(1));
  CHECK(costs.expected(weights, &operation_cost::params).value == Approx(sum));
}

TEST_CASE("the gradient of the expectation is that of finite differences") {
  auto const space = decision_spaces::tangled();
  model const costs{space, tangled_terms(space)};
  random_generator random{26};
  auto weights = decision_weights(space, random);
  auto const expected = costs.expected(weights, &operation_cost::macs);
  constexpr double step = 1e-4;
  double largest = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (std::size_t o = 0; o < weights[i].size(); ++o) {
      auto const at = [&](double shift) {
        auto shifted = weights;
        shifted[i][o] += shift;
        return costs.expected(shifted, &operation_cost::macs).value;
      };
      REQUIRE(expected.gradient[i][o] == Approx((at(step) - at(-step)) / (2 * step)).margin(1e-6).epsilon(1e-7));
      largest = std::max(largest, std::abs(expected.gradient[i][o]));
    }
  CHECK(largest > 1);
}

TEST_CASE("one-hot weights expect exactly what an architecture costs") {
  auto const space = decision_spaces::tangled();
  model const costs{space, tangled_terms(space)};
  for (auto const& a : all_of(space)) {
    std::vector<std::vector<double>> weights;
    for (std::size_t i = 0; i < space.size(); ++i) {
      weights.emplace_back();
      for (std::size_t o = 0; o < space[i].options.size(); ++o)
        weights.back().push_back(takes(space[i], a.values[i], o) ? 1 : 0);
    }
    REQUIRE(costs.expected(weights, &operation_cost::params).value == static_cast<double>(costs.of(a).params));
  }
}

TEST_CASE("what terms cannot express is refused") {
  decision_space const space{{subset("edges", 3, 1, 2), choice("op", 2)}};
  model const whole{space, {{{{0}}, std::vector<operation_cost>(6, {1, 1})}}};
  CHECK_THROWS_WITH(whole.expected({{0.5, 0.5, 0.5}, {0.5, 0.5}}, &operation_cost::macs),
                    ContainsSubstring("which options edges keeps together"));
  CHECK_THROWS_AS((model{space, {{{{1}}, {{1, 1}}}}}), espalier::internal_error);
  CHECK_THROWS_AS((model{space, {{{{1}, {0}}, std::vector<operation_cost>(12)}}}), espalier::internal_error);
  CHECK_THROWS_AS((model{space, {{{{2}}, {{}, {}}}}}), espalier::internal_error);

  std::vector<decision> many;
  std::vector<cost_term<operation_cost>> terms;
  for (int i = 0; i < 12; ++i)
    many.push_back(choice("d" + std::to_string(i), 16));
  decision_space const coupled{many};
  random_generator random{27};
  for (int i = 0; i < 12; ++i)
    for (int j = i + 1; j < 12; ++j)
      terms.push_back(random_term(coupled, {{i}, {j}}, random));
  CHECK_THROWS_WITH((model{coupled, terms}.smallest(&operation_cost::macs)), ContainsSubstring("the cost couples d"));
}
