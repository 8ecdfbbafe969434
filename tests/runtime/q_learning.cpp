#include "prelude.hpp"

#include "../../runtime/src/strategy/q_learning.hpp"
#include "../compiler/decision_spaces.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace {

using namespace espalier;
using compiler::architecture;
using decision_spaces::choice;

// How deep, and how wide where it is deep: what a step depends on is all that was decided before.
compiler::decision_space two_steps() {
  return compiler::decision_space{{choice("depth", 3), choice("width", 3, 0, 0b110)}};
}

compiler::decision_space many_choices() {
  std::vector<compiler::decision> decisions;
  for (int i = 0; i < 12; ++i)
    decisions.push_back(choice("choice" + std::to_string(i), 2));
  return compiler::decision_space{std::move(decisions)};
}

} // namespace

TEST_CASE("one update of the last step's value of 0.5 with a reward of 0.8 gives 0.503") {
  auto const space = two_steps();
  runtime::q_learning learner{space, {}, 1, {.replays = 1}};
  architecture const deep{{1, 2}};
  CHECK(learner.values_along(deep) == std::vector{0.5, 0.5});
  learner.observe(deep, 0.8);
  auto const values = learner.values_along(deep);
  REQUIRE(values.size() == 2);
  CHECK(values[1] == Approx(0.503).epsilon(1e-12));
  CHECK(values[0] == Approx(0.5 + 0.01 * (0.503 - 0.5)).epsilon(1e-12)); // afterwards, from the greatest behind it
  CHECK(learner.values_along({{0, 0}}) == std::vector{0.5});
  CHECK(learner.values_along({{1, 0}})[1] == 0.5);
  CHECK(learner.values_along({{2, 2}}) == std::vector{0.5, 0.5}); // another depth, another state
}

TEST_CASE("replay of all that there is converges to what the best continuation is worth") {
  auto const space = two_steps();
  runtime::q_learning learner{space, {}, 2, {}};
  std::map<architecture, double> rewards;
  for (auto const& a : decision_spaces::all_of(space))
    rewards[a] = 0.1 * static_cast<double>(rewards.size() * 5 % 7);
  REQUIRE(rewards.size() == 7);
  for (int i = 0; i < 200; ++i)
    for (auto const& [a, reward] : rewards)
      learner.observe(a, reward);
  for (auto const& [a, reward] : rewards) {
    auto const values = learner.values_along(a);
    CHECK(values.back() == Approx(reward).margin(1e-6));
    double best = 0;
    for (auto const& [other, of_other] : rewards)
      if (other.values[0] == a.values[0])
        best = std::max(best, of_other);
    CHECK(values.front() == Approx(best).margin(1e-6));
  }
}

TEST_CASE("greedy actions are the best ones, and those that are as good are as likely") {
  auto const space = two_steps();
  runtime::q_learning learner{space, {}, 3, {.replays = 1, .schedule = {{0, 1}}}};
  std::map<architecture, int> drawn;
  for (int i = 0; i < 9000; ++i)
    ++drawn[learner.propose()];
  CHECK(drawn[{{0, 0}}] == Approx(3000).margin(180)); // 4 standard deviations
  CHECK(drawn[{{2, 1}}] == Approx(1000).margin(120));
  learner.observe({{2, 1}}, 0.9);
  for (int i = 0; i < 100; ++i)
    REQUIRE(learner.propose() == architecture{{2, 1}});
}

TEST_CASE("epsilon falls with different architectures, as in table 2 of MetaQNN, or in proportion to fewer") {
  auto const space = many_choices();
  auto const check = [&](std::int64_t trials, std::map<int, double> const& begins) {
    auto numbers = runtime::q_learning::parameters::of(trials);
    numbers.replays = 1;
    runtime::q_learning learner{space, {}, 4, numbers};
    auto epsilon = begins.at(0);
    architecture a{std::vector<std::uint32_t>(12)};
    for (int models = 0; models < 2800; ++models) {
      if (auto const next = begins.find(models); next != begins.end())
        epsilon = next->second;
      REQUIRE(learner.epsilon() == epsilon);
      for (std::size_t bit = 0; bit < 12; ++bit)
        a.values[bit] = static_cast<std::uint32_t>(models) >> bit & 1U;
      for (int told = 0; told < 2; ++told) // the second time it is known
        learner.observe(a, 0.5);
    }
  };
  check(0, {{0, 1},
            {1500, 0.9},
            {1600, 0.8},
            {1700, 0.7},
            {1800, 0.6},
            {1950, 0.5},
            {2100, 0.4},
            {2250, 0.3},
            {2400, 0.2},
            {2550, 0.1}});
  check(270, {{0, 1},
              {150, 0.9},
              {160, 0.8},
              {170, 0.7},
              {180, 0.6},
              {195, 0.5},
              {210, 0.4},
              {225, 0.3},
              {240, 0.2},
              {255, 0.1}});
}

TEST_CASE("what Q-learning learned leads beyond no limit") {
  auto const space = many_choices();
  auto const ones = [](architecture const& a) { return static_cast<double>(std::ranges::count(a.values, 1U)); };
  runtime::q_learning learner{space,
                              {nullptr, {}, {}, nullptr, {{"ones", "choices", ones, 6, {}}}},
                              5,
                              runtime::q_learning::parameters::of(200)};
  double late = 0;
  for (int i = 0; i < 400; ++i) {
    auto const a = learner.propose();
    REQUIRE(ones(a) <= 6);
    learner.observe(a, ones(a) / 12); // the more, the better
    late += i >= 300 ? ones(a) / 100 : 0;
  }
  CHECK(late > 5.2); // of random ones, 5
}
