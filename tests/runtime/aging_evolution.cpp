#include "prelude.hpp"

#include "../../runtime/src/strategy/aging_evolution.hpp"
#include "proposed_spaces.hpp"

#include <espalier/compiler/decision_roles.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::decision_role;
using proposed_spaces::additive_fitness;
using runtime::aging_evolution;

std::vector<bool> inputs_of(compiler::compiled_space const& space) {
  std::vector<bool> inputs;
  for (auto const role : compiler::roles_of(space.expanded, space.decisions))
    inputs.push_back(role == decision_role::input);
  return inputs;
}

// Those that exist in both and have different values: no more than one, where nothing couples decisions.
std::vector<std::size_t> changed_genes(compiler::decision_space const& space, architecture const& a,
                                       architecture const& b) {
  auto const in_a = compiler::active_decisions(space, a);
  auto const in_b = compiler::active_decisions(space, b);
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < space.size(); ++i)
    if (in_a[i] && in_b[i] && a.values[i] != b.values[i])
      changed.push_back(i);
  return changed;
}

// A full population of random architectures, the first of which has the best score.
std::vector<architecture> fill(aging_evolution& evolution, std::size_t population) {
  std::vector<architecture> members;
  for (std::size_t i = 0; i < population; ++i) {
    members.push_back(evolution.propose());
    evolution.observe(members.back(), -static_cast<double>(i));
  }
  return members;
}

} // namespace

TEST_CASE("a child of aging evolution differs from a living architecture in at most one gene") {
  constexpr std::size_t population = 20;
  for (auto const declared : {test_spaces::cells.view(), test_spaces::nested.view(), decided_spaces::subsets.view(),
                              decided_spaces::picks_of_cells.view()}) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    additive_fitness const fitness{space->decisions};
    aging_evolution evolution{
        space->decisions, {&space->costs, {}, {}}, 3, {.population = population, .tournament = 5}, inputs_of(*space)};
    std::vector<architecture> history;
    for (std::size_t i = 0; i < 300; ++i) {
      auto const a = evolution.propose();
      REQUIRE((evolution.parent() == nullptr) == (i < population));
      if (auto const* const parent = evolution.parent()) {
        CHECK(std::ranges::count(std::span{history}.last(population), *parent) > 0);
        CHECK(changed_genes(space->decisions, a, *parent).size() <= 1);
      }
      history.push_back(a);
      evolution.observe(a, fitness(a));
    }
  }
}

TEST_CASE("the oldest of the population dies, however good it is") {
  constexpr std::size_t population = 10;
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  aging_evolution evolution{
      space->decisions, {&space->costs, {}, {}}, 1, {.population = population, .tournament = 1000}};
  auto const& decisions = space->decisions;
  // Architectures of one option everywhere, the better the older: while one is the oldest, it is the parent of all.
  auto const uniform = [&](std::uint32_t option) {
    return architecture{std::vector<std::uint32_t>(decisions.size(), option)};
  };
  for (std::size_t i = 0; i < population; ++i)
    evolution.observe(uniform(static_cast<std::uint32_t>(i % 5)), -static_cast<double>(i));
  for (std::size_t dead = 0; dead < 3 * population; ++dead) {
    CHECK(changed_genes(decisions, evolution.propose(), uniform(static_cast<std::uint32_t>(dead % 5))).size() == 1);
    evolution.observe(uniform(static_cast<std::uint32_t>((population + dead) % 5)),
                      -static_cast<double>(population + dead));
  }
}

TEST_CASE("a tournament is drawn with replacement") {
  constexpr std::size_t population = 10;
  constexpr int children = 4000;
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  for (std::size_t const tournament : {1U, 3U, 10U}) {
    aging_evolution evolution{
        space->decisions, {&space->costs, {}, {}}, 1, {.population = population, .tournament = tournament}};
    auto const members = fill(evolution, population);
    int of_best = 0;
    for (int i = 0; i < children; ++i)
      of_best += changed_genes(space->decisions, evolution.propose(), members.front()).size() <= 1;
    auto const expected = 1 - std::pow(0.9, static_cast<double>(tournament));
    CHECK(of_best / double{children} ==
          Approx(expected).margin(4 * std::sqrt(expected * (1 - expected) / double{children})));
  }
}

TEST_CASE("in cells hidden states and operations mutate equally often, and nothing in one of twenty") {
  constexpr int children = 4000;
  for (auto const declared : {test_spaces::cells.view(), decided_spaces::picks_of_cells.view()}) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    auto const inputs = inputs_of(*space);
    aging_evolution evolution{space->decisions, {&space->costs, {}, {}}, 4, {.population = 1, .tournament = 1}, inputs};
    auto const parent = fill(evolution, 1).front();
    std::array<int, 3> counts{}; // identity, hidden state, operation
    std::map<std::size_t, int> changes;
    for (int i = 0; i < children; ++i) {
      auto const changed = changed_genes(space->decisions, evolution.propose(), parent);
      ++counts[changed.empty() ? 0 : inputs[changed.front()] ? 1 : 2];
      if (!changed.empty())
        ++changes[changed.front()];
    }
    auto const share = [](int count) { return count / double{children}; };
    CHECK(share(counts[0]) == Approx(0.05).margin(4 * 0.0035));
    CHECK(share(counts[1]) == Approx(0.475).margin(4 * 0.0079));
    CHECK(share(counts[2]) == Approx(0.475).margin(4 * 0.0079));
    for (auto const& change : changes) { // those of a kind alike
      auto const of_kind = std::ranges::count_if(
          changes, [&](auto const& other) { return inputs[other.first] == inputs[change.first]; });
      auto const expected = 0.475 * children / static_cast<double>(of_kind);
      CHECK(change.second == Approx(expected).margin(5 * std::sqrt(expected)));
    }
  }
}

TEST_CASE("where a limit admits no child of a parent, aging evolution proposes something else within it") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const least = space->costs.of(space->costs.smallest(&compiler::operation_cost::macs)).macs;
  aging_evolution evolution{
      space->decisions, {&space->costs, least, {}}, 1, {.population = 2, .tournament = 2}}; // a limit that one meets
  for (int i = 0; i < 4; ++i) {
    auto const a = evolution.propose();
    CHECK(space->costs.of(a).macs == least);
    evolution.observe(a, 0);
  }
}
