#include "decision_spaces.hpp"
#include "distribution.hpp"

#include <espalier/compiler/decision_process.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/neighbours.hpp>
#include <espalier/compiler/sample.hpp>
#include <spaces/darts.hpp>
#include <spaces/metaqnn.hpp>

#include "catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace espalier::compiler;
using decision_spaces::all_of;
using decision_spaces::choice;
using decision_spaces::subset;

namespace {

constexpr auto two_layers = spaces::metaqnn::network("two-layers", espalier::dsl::image(1, 6, 6), 2);

// Chains in a branch whose layers decide more; the decisions behind it are coupled, and not in their order.
decision_space with_chain() {
  std::vector<decision> decisions{
      choice("body", 2),
      choice("layer0", 3, 0, 0b10),
      choice("width0", 2, 1, 0b010),
      choice("layer1", 3, 1, 0b110),
      choice("width1", 2, 3, 0b010),
      choice("bits", 3),
      subset("kept", 3, 0, 2),
      choice("scale", 2),
  };
  layer_automaton const chain{{1, 3}, {{{0, 0, 1}, {0, -1, -1}}, {{0, 0, -1}, {0, -1, 1}}}};
  return decision_space{std::move(decisions), {{{7, 5}, {{0, 0}, {1, 2}, {1, 0}, {0, 1}}}}, {chain}};
}

std::vector<decision_space> spaces_of_all_kinds() {
  std::vector<decision_space> found{decision_spaces::tangled(), with_chain()};
  found.emplace_back(expand(lower(two_layers.view())));
  return found;
}

// Takes every action at every step, and takes it back.
void follow_all(decision_process& process, std::vector<architecture>& ends) {
  if (process.is_finished())
    return ends.push_back(process.decided());
  auto const actions = process.actions();
  REQUIRE(actions.size() > 1);
  for (auto const action : actions) {
    process.take(action);
    follow_all(process, ends);
    CHECK(process.undo() == action);
  }
}

} // namespace

TEST_CASE("every architecture is the end of one way through its steps") {
  for (auto const& space : spaces_of_all_kinds()) {
    decision_process process{space};
    std::vector<architecture> ends;
    follow_all(process, ends);
    CHECK(process.is_at_start());
    std::ranges::sort(ends);
    auto all = all_of(space);
    std::ranges::sort(all);
    CHECK(space.count() == all.size());
    CHECK(ends == all);
  }
}

TEST_CASE("a state says what may be done in it, and steps that are taken back leave no trace") {
  std::map<decision_process::state, std::vector<std::uint32_t>> known;
  decision_space const space{with_chain()};
  for (auto const& a : all_of(space)) {
    decision_process process{space};
    std::vector<decision_process::state> passed;
    std::vector<std::uint32_t> taken;
    while (!process.is_finished()) {
      passed.push_back(process.present());
      CHECK(known.try_emplace(passed.back(), process.actions()).first->second == process.actions());
      taken.push_back(process.action_towards(a.values[process.decision()]));
      process.take(taken.back());
    }
    for (auto i = passed.size(); i-- > 0;) {
      REQUIRE_FALSE(process.is_at_start());
      CHECK(process.undo() == taken[i]);
      CHECK(process.present() == passed[i]);
      CHECK(process.actions() == known.at(passed[i]));
    }
    CHECK(process.is_at_start());
  }
}

TEST_CASE("the layers that a step of a chain offers depend on those before it") {
  decision_space const space{with_chain()};
  decision_process process{space};
  using actions = std::vector<std::uint32_t>;
  CHECK(process.present() == decision_process::state{0, 0, 0, decision_process::none, 0});
  process.take(1);
  CHECK(process.present() == decision_process::state{1, 0, 0, 0, 1});
  CHECK(process.actions() == actions{0, 1, 2});
  process.take(2); // to state 1, without a width
  CHECK(process.present() == decision_process::state{3, 0, 1, 1, 2});
  CHECK(process.actions() == actions{0, 2});
  process.undo();
  process.take(1);
  CHECK(process.decision() == 2);
  process.take(1);
  CHECK(process.present() == decision_process::state{3, 0, 0, 2, 1});
  CHECK(process.actions() == actions{0, 1});
  process.take(0);
  CHECK(process.decision() == 5);
  process.take(1); // of which one scale is left
  CHECK(process.present() == decision_process::state{6, 0, 0, 5, 1});
  for (int const taken : {1, 1})
    process.take(static_cast<std::uint32_t>(taken)); // two of at most two
  CHECK(process.is_finished());
  CHECK(process.decided().values == std::vector<std::uint32_t>{1, 1, 1, 0, 0, 1, 0b011, 0});
}

TEST_CASE("neighbours are what a mutation can make") {
  for (auto const& space : spaces_of_all_kinds()) {
    random_generator random{7};
    for (int n = 0; n < 20; ++n) {
      auto const parent = sample(space, random);
      auto const active = active_decisions(space, parent);
      // What hangs on a changed decision is drawn, so that architectures are compared by what existed before.
      auto const kept = [&](architecture const& a) {
        auto const exists = active_decisions(space, a);
        std::vector<int> values;
        for (std::size_t i = 0; i < space.size(); ++i)
          values.push_back(!active[i] ? -2 : exists[i] ? static_cast<int>(a.values[i]) : -1);
        return values;
      };
      std::set<std::vector<int>> mutants;
      for (int i = 0; i < 5'000; ++i)
        mutants.insert(kept(mutate(space, parent, random)));
      std::set<std::vector<int>> found;
      for (auto const& a : neighbours(space, parent, random)) {
        REQUIRE(faults(space, a).empty());
        CHECK(found.insert(kept(a)).second);
      }
      CHECK(found == mutants);
    }
  }
}

TEST_CASE("what a neighbour lets exist is drawn evenly") {
  decision_space const space{{choice("branch", 2), choice("below", 3, 0, 0b10)}};
  random_generator random{9};
  distributions::check_distribution({{{{1, 0}}, 1. / 3}, {{{1, 1}}, 1. / 3}, {{{1, 2}}, 1. / 3}}, 6'000, [&] {
    auto const all = neighbours(space, {{0, 0}}, random);
    REQUIRE(all.size() == 1);
    return all.front();
  });
}

TEST_CASE("a DARTS cell has the neighbours that its decisions count") {
  decision_space const space{expand(lower(spaces::darts::search.view()))};
  random_generator random{5};
  // By cell 8 kept edges of 7 operations, and of 2, 3, 4 and 5 edges two kept: 0 + 2 + 4 + 6 exchanges.
  CHECK(neighbours(space, sample(space, random), random).size() == 2 * (8 * 6 + 12));
}
