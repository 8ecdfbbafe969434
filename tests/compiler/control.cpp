#include "decision_spaces.hpp"
#include "distribution.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <set>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using decision_spaces::all_of;
using decision_spaces::choice;
using decision_spaces::subset;
using distributions::check_distribution;

namespace {

std::map<architecture, double> evenly(std::vector<architecture> const& all) {
  std::map<architecture, double> probabilities;
  for (auto const& a : all)
    probabilities[a] = 1 / static_cast<double>(all.size());
  return probabilities;
}

// Draws value by value: 1 over the number of values at every decision or group that exists.
std::map<architecture, double> evenly_over_choices(decision_space const& space) {
  std::map<architecture, double> probabilities;
  for (auto const& a : all_of(space)) {
    auto const active = active_decisions(space, a);
    double probability = 1;
    std::set<int> coupled;
    for (auto const& group : space.groups()) {
      coupled.insert(group.decisions.begin(), group.decisions.end());
      if (active[static_cast<std::size_t>(group.decisions.front())])
        probability /= static_cast<double>(group.allowed.size());
    }
    for (std::size_t i = 0; i < space.size(); ++i)
      if (active[i] && !coupled.contains(static_cast<int>(i)))
        probability /= space[i].type == decision::kind::choice ? static_cast<double>(space[i].options.size())
                                                               : subset_count(space[i]).approximate();
    probabilities[a] = probability;
  }
  return probabilities;
}

// Choices below choices, so unequal that numbers of architectures do not fit a table.
decision_space lopsided() {
  std::vector<decision> decisions{choice("first", 3)};
  for (int i = 0; i < 70; ++i)
    decisions.push_back(choice("long" + std::to_string(i), 5, 0, 0b001));
  for (int i = 0; i < 70; ++i)
    decisions.push_back(choice("also" + std::to_string(i), 5, 0, 0b010));
  decisions.push_back(choice("last", 2, 0, 0b010));
  return decision_space{std::move(decisions)};
}

} // namespace

TEST_CASE("the architectures of a decision space are counted exactly") {
  auto const space = decision_spaces::tangled();
  CHECK(space.count() == all_of(space).size());
  CHECK(space.groups().size() == 1); // joined: they share a decision
  CHECK(decision_space{{subset("s", 5, 0, 5)}}.count() == 32);
  CHECK(decision_space{{subset("s", 32, 16, 16)}}.count() == 601'080'390);
}

TEST_CASE("subsets are listed in rising order") {
  CHECK(subset_values(subset("s", 3, 1, 2)) == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6});
  CHECK(subset_values(subset("s", 2, 0, 0)) == std::vector<std::uint32_t>{0});
  CHECK(subset_values(subset("s", 32, 32, 32)) == std::vector<std::uint32_t>{~0U});
  CHECK_THROWS_WITH(subset_values(subset("s", 32, 16, 16)), ContainsSubstring("too many to list"));
}

TEST_CASE("constraints that leave nothing or couple strangers are refused") {
  std::vector<decision> const two{choice("a", 2), choice("b", 2), choice("c", 2, 0, 1)};
  CHECK_THROWS_WITH((decision_space{two, {{{0, 1}, {{0, 0}}}, {{1}, {{1}}}}}),
                    ContainsSubstring("constraints leave no values for"));
  CHECK_THROWS_AS((decision_space{two, {{{1, 2}, {{0, 0}}}}}), espalier::internal_error);
  CHECK_THROWS_AS((decision_space{{choice("a", 2, 1, 1), choice("b", 2)}}), espalier::internal_error);
}

TEST_CASE("an architecture that breaks a constraint has a fault") {
  auto const space = decision_spaces::tangled();
  random_generator random{1};
  auto a = sample(space, random);
  a.values[6] = 0;
  a.values[7] = 1;
  a.values[9] = 0;
  CHECK_THAT(faults(space, a).at(0), ContainsSubstring("a constraint allows 8 combinations of these"));
}

TEST_CASE("all architectures are equally likely, or all choices") {
  auto const space = decision_spaces::tangled();
  random_generator random{7};
  check_distribution(evenly(all_of(space)), 400'000, [&] { return sample(space, random); });
  check_distribution(evenly_over_choices(space), 4'000'000,
                     [&] { return sample(space, random, uniform_over::choices); });
}

TEST_CASE("subsets that are too many to list are drawn evenly") {
  decision_space const space{{subset("s", 24, 2, 12), choice("c", 3, 0, 1)}};
  random_generator random{12};
  for (auto const law : {uniform_over::architectures, uniform_over::choices}) {
    bool const is_weighted = law == uniform_over::architectures;
    double with_first = 0;
    double without = 0;
    for (int k = 2; k <= 12; ++k) {
      with_first += espalier::dsl::binomial(23, k - 1).approximate() * (is_weighted ? 3 : 1);
      without += espalier::dsl::binomial(23, k).approximate();
    }
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
      auto const a = sample(space, random, law);
      REQUIRE(faults(space, a).empty());
      taken += static_cast<int>(a.values[0] & 1U);
    }
    CHECK(taken == Approx(20'000 * with_first / (with_first + without)).margin(290));
  }
}

TEST_CASE("options below which there are unequally many architectures beyond any table are drawn exactly") {
  auto const space = lopsided();
  random_generator random{5};
  std::vector<int> drawn(3);
  for (int i = 0; i < 30'000; ++i)
    ++drawn[sample(space, random).values[0]];
  CHECK(drawn[0] == Approx(10'000).margin(330));
  CHECK(drawn[1] == Approx(20'000).margin(330));
  CHECK(drawn[2] == 0); // 1 in 5^70
}

TEST_CASE("a mutant differs in the decision that is named, and in what hangs on it or is coupled with it") {
  auto const space = decision_spaces::tangled();
  random_generator random{3};
  std::map<int, int> changed_times;
  for (int i = 0; i < 100'000; ++i) {
    auto const parent = sample(space, random);
    auto child = parent;
    auto const changed = mutate_in_place(child, space, random);
    REQUIRE(faults(space, child).empty());
    REQUIRE(changed >= 0);
    auto const c = static_cast<std::size_t>(changed);
    REQUIRE(child.values[c] != parent.values[c]);
    bool const is_coupled = c >= 6 && c <= 8;
    for (std::size_t d = 0; d < space.size(); ++d) {
      bool below = d == c;
      for (int p = space[d].parent; p >= 0; p = space[static_cast<std::size_t>(p)].parent)
        below = below || p == changed;
      if (!below && !(is_coupled && d >= 6))
        REQUIRE(child.values[d] == parent.values[d]);
    }
  }
}

TEST_CASE("each decision that exists is as likely to mutate") {
  auto const space = decision_spaces::tangled();
  random_generator random{4};
  architecture parent; // depth, second, edges, op0 and op12, which has no `deep` below it
  parent.values = {2, 1, 0b0011, 1, 1, 0, 1, 0, 1, 0};
  REQUIRE(faults(space, parent).empty());
  std::map<int, int> times;
  std::map<std::uint32_t, int> of_edges;
  for (int i = 0; i < 80'000; ++i) {
    auto child = parent;
    auto const changed = mutate_in_place(child, space, random);
    ++times[changed];
    if (changed == 2)
      ++of_edges[child.values[2]];
  }
  CHECK(times.size() == 8);
  for (auto const& [decision, count] : times)
    CHECK(count == Approx(10'000).margin(380));
  CHECK(of_edges.size() == 8); // two more members, two fewer, four others
  for (auto const& [value, count] : of_edges)
    CHECK(count == Approx(1'250).margin(140));
}

TEST_CASE("where few decisions exist, a mutation still finds them") {
  auto const space = lopsided();
  random_generator random{6};
  architecture const parent{[&] {
    std::vector<std::uint32_t> values(space.size());
    values[0] = 2;
    return values;
  }()};
  for (int i = 0; i < 100; ++i) {
    auto child = parent;
    CHECK(mutate_in_place(child, space, random) == 0);
    CHECK(faults(space, child).empty());
  }
}

TEST_CASE("mutation and crossover reach what constraints allow, and nothing else") {
  auto const space = decision_spaces::tangled();
  random_generator random{8};
  std::set<architecture> reached;
  auto a = sample(space, random);
  for (int i = 0; i < 200'000; ++i) {
    mutate_in_place(a, space, random);
    reached.insert(a);
  }
  CHECK(space.count() == reached.size());
  for (int i = 0; i < 20'000; ++i) {
    auto const b = sample(space, random);
    auto const child = crossover(space, a, b, random);
    REQUIRE(faults(space, child).empty());
    REQUIRE(crossover(space, b, b, random) == b);
    a = mutate(space, child, random, 0.3);
    REQUIRE(faults(space, a).empty());
    REQUIRE(mutate(space, a, random, 0) == a);
  }
  // All decisions drawn anew: another random architecture.
  check_distribution(evenly(all_of(space)), 400'000, [&] { return mutate(space, a, random, 1); });
}
