#include "prelude.hpp"

#include "../../runtime/src/strategy/coarse_to_fine.hpp"
#include "decided_spaces.hpp"
#include "fixtures.hpp"
#include "spaces.hpp"

#include <spaces/attentive_nas.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::decision_role;
using runtime::coarse_to_fine;

// Every decision that exists adds its own worth: it rises with the option, or falls where it is a kernel, but every
// fifth decision is best in the middle.
class levelled_fitness {
public:
  explicit levelled_fitness(compiler::compiled_space const& space)
      : space_(space.decisions), roles_(compiler::roles_of(space.expanded, space.decisions)) {}

  double operator()(architecture const& a) const {
    auto const active = compiler::active_decisions(space_, a);
    double fitness = 0;
    for (std::size_t i = 0; i < active.size(); ++i)
      if (active[i])
        fitness += worth(i, level(i, a));
    return fitness;
  }

  // Between 0 and 1.
  [[nodiscard]] double level(std::size_t i, architecture const& a) const {
    return a.values[i] / static_cast<double>(space_[i].options.size() - 1);
  }
  [[nodiscard]] double worth(std::size_t i, double level) const {
    auto const risen = roles_[i] == decision_role::kernel ? 1 - level : level;
    return static_cast<double>(1 + i % 3) * (i % 5 == 0 ? 1 - std::abs(level - 0.4) : risen);
  }
  [[nodiscard]] decision_role role(std::size_t i) const { return roles_[i]; }

private:
  compiler::decision_space const& space_;
  std::vector<decision_role> roles_;
};

// Whether the numbers of each role stand at the same level, as nearly as their options allow.
bool is_on_grid(compiler::decision_space const& space, levelled_fitness const& fitness, architecture const& a) {
  std::map<decision_role, std::vector<bool>> possible;
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto& levels = possible.try_emplace(fitness.role(i), 3, true).first->second;
    for (std::size_t l = 0; l < levels.size(); ++l) {
      auto const place = static_cast<double>(l) / 2 * static_cast<double>(space[i].options.size() - 1);
      levels[l] = levels[l] && std::abs(a.values[i] - place) <= 0.5;
    }
  }
  return std::ranges::all_of(possible, [](auto const& role) { return std::ranges::count(role.second, true) > 0; });
}

} // namespace

TEST_CASE("all points of the coarse grid come first, then mutants of the best, no architecture twice") {
  auto const space = test_spaces::compiled(spaces::attentive_nas::supernet.view());
  levelled_fitness const fitness{*space};
  coarse_to_fine selection{*space, {&space->costs, {}, {}}, 1, {.grid = 1000}};
  constexpr std::size_t points = 3 * 3 * 3 * 2 * 3; // of kernels there are two
  std::set<architecture> seen;
  std::size_t on_grid = 0;
  for (std::size_t i = 0; i < 2 * points; ++i) {
    auto const a = selection.propose();
    REQUIRE(compiler::faults(space->decisions, a).empty());
    REQUIRE(seen.insert(a).second);
    if (i < points)
      REQUIRE(is_on_grid(space->decisions, fitness, a));
    on_grid += static_cast<std::size_t>(is_on_grid(space->decisions, fitness, a));
    selection.observe(a, fitness(a));
  }
  CHECK(on_grid < points + points / 4);
  CHECK(seen.contains(space->costs.smallest(&compiler::operation_cost::macs)));
  CHECK(seen.contains(space->costs.largest(&compiler::operation_cost::macs)));
}

TEST_CASE("coarse to fine reaches the optimum of an additive fitness that levels tell something of") {
  auto const space = test_spaces::compiled(spaces::attentive_nas::supernet.view());
  levelled_fitness const fitness{*space};
  double optimum = 0;
  for (std::size_t i = 0; i < space->decisions.size(); ++i) {
    double most = 0;
    architecture a{std::vector<std::uint32_t>(space->decisions.size())};
    for (a.values[i] = 0; a.values[i] < space->decisions[i].options.size(); ++a.values[i])
      most = std::max(most, fitness.worth(i, fitness.level(i, a)));
    optimum += most;
  }
  constexpr int proposals = 800;
  compiler::random_generator random{2};
  double drawn = 0;
  for (int i = 0; i < proposals; ++i)
    drawn = std::max(drawn, fitness(compiler::sample(space->decisions, random)));
  for (std::uint64_t const seed : {1, 2, 3}) {
    coarse_to_fine selection{*space, {&space->costs, {}, {}}, seed, {}};
    double best = 0;
    for (int i = 0; i < proposals; ++i) {
      auto const a = selection.propose();
      best = std::max(best, fitness(a));
      selection.observe(a, fitness(a));
    }
    CHECK(best == Approx(optimum));
    CHECK(best > drawn + 5);
  }
}

TEST_CASE("every proposal keeps the limit, the best that keeps it is found, and all are proposed once") {
  auto const space = test_spaces::compiled(decided_spaces::depths.view());
  levelled_fitness const fitness{*space};
  std::set<architecture> all;
  compiler::random_generator random{4};
  while (space->decisions.count() != all.size())
    all.insert(compiler::sample(space->decisions, random));
  std::vector<long long> macs;
  for (auto const& a : all)
    macs.push_back(space->costs.of(a).macs);
  std::ranges::sort(macs);
  compiler::constraint const limit{&space->costs, macs[macs.size() / 2], {}};
  auto const within = std::ranges::count_if(macs, [&](long long cost) { return cost <= *limit.max_macs; });
  double optimum = 0;
  for (auto const& a : all)
    optimum = std::max(optimum, limit.admits(a) ? fitness(a) : 0);

  coarse_to_fine selection{*space, limit, 5, {.population = 10}};
  std::set<architecture> seen;
  std::ptrdiff_t until_best = 0;
  double best = 0;
  for (std::ptrdiff_t i = 0; i < within; ++i) {
    auto const a = selection.propose();
    REQUIRE(limit.admits(a));
    REQUIRE(seen.insert(a).second);
    if (fitness(a) > best)
      until_best = i;
    best = std::max(best, fitness(a));
    selection.observe(a, fitness(a));
  }
  CHECK(best == optimum);
  CHECK(until_best < within / 2);
  CHECK(test::user_error_of([&] { selection.propose(); }) ==
        "all " + std::to_string(within) + " architectures within the limits have been evaluated; lower --trials");
}

TEST_CASE("where no decision sizes anything, coarse to fine starts from random architectures") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  levelled_fitness const fitness{*space};
  coarse_to_fine selection{*space, {&space->costs, {}, {}}, 6, {}};
  coarse_to_fine same{*space, {&space->costs, {}, {}}, 6, {}};
  std::set<architecture> first;
  double best = 0;
  double best_of_first = 0;
  for (int i = 0; i < 600; ++i) {
    auto const a = selection.propose();
    REQUIRE(same.propose() == a);
    best = std::max(best, fitness(a));
    if (i < 50) {
      first.insert(a);
      best_of_first = best;
    }
    selection.observe(a, fitness(a));
    same.observe(a, fitness(a));
  }
  CHECK(first.size() == 50);
  CHECK(best > best_of_first + 1);
}
