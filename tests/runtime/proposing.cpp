#include "prelude.hpp"

#include "../../runtime/src/strategy/distinct_proposals.hpp"
#include "../../runtime/src/strategy/proposing.hpp"
#include "proposed_spaces.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::constraint;
using proposed_spaces::additive_fitness;
using runtime::distinct_proposals;
using runtime::proposer_setup;

struct tried_strategy {
  char const* name;
  runtime::make_strategy* make;
  bool learns = true;    ///< So that it finds better architectures than random search.
  bool finds_all = true; ///< Of a small space; others end where what they have learnt is known.
};

constexpr std::array tried_strategies{
    tried_strategy{"random", runtime::make_random, false},
    tried_strategy{"random-choices", runtime::make_random_choices, false},
    tried_strategy{"aging-evolution", runtime::make_aging_evolution},
    tried_strategy{"nsga2", runtime::make_nsga2},
    tried_strategy{"exhaustive", runtime::make_exhaustive, false},
    tried_strategy{"local-search", runtime::make_local_search},
    tried_strategy{"genetic", runtime::make_genetic, true, false},
    tried_strategy{"q-learning", runtime::make_q_learning, true, false},
    tried_strategy{"reinforce", runtime::make_reinforce, true, false},
    tried_strategy{"ppo", runtime::make_ppo, true, false},
    tried_strategy{"bo-forest", runtime::make_bo_forest},
    tried_strategy{"bo-gp", runtime::make_bo_gp},
    tried_strategy{"bananas", runtime::make_bananas},
};

constexpr std::int64_t population = 8;

// What about half of all architectures satisfy, each for another kind of limit.
std::vector<constraint> limits_of(compiler::compiled_space const& space) {
  compiler::random_generator random{5};
  std::vector<architecture> drawn(41);
  std::ranges::generate(drawn, [&] { return compiler::sample(space.decisions, random); });
  auto const median = [&](auto const& of) {
    std::ranges::nth_element(drawn, drawn.begin() + 20, {}, of);
    return of(drawn[20]);
  };
  auto const sum = [](architecture const& a) {
    return static_cast<double>(std::accumulate(a.values.begin(), a.values.end(), 0U));
  };
  std::vector<constraint> limits(4, {&space.costs, {}, {}});
  limits[1].max_macs = median([&](architecture const& a) { return space.costs.of(a).macs; });
  limits[2].max_params = median([&](architecture const& a) { return space.costs.of(a).params; });
  limits[3].measured = {{"sum", "units", sum, median(sum)}};
  return limits;
}

// Nothing where the strategy has nothing left.
std::optional<architecture> proposed(runtime::strategy& by) try {
  return by.propose();
} catch (runtime::nothing_left const&) {
  return {};
}

// A score for each of `count` distinct proposals, or of all there are.
std::vector<double> scores_of(runtime::strategy& proposer, additive_fitness const& fitness, std::size_t count) {
  distinct_proposals distinct{proposer};
  std::vector<double> scores;
  while (scores.size() < count) {
    auto const a = distinct.next();
    if (!a)
      break;
    distinct.observe(*a, scores.emplace_back(fitness(*a)));
  }
  return scores;
}

// Proposes what it was made with, and keeps what it is told.
class scripted final : public runtime::strategy {
public:
  enum class end : std::uint8_t { nothing_left, repeats };

  explicit scripted(std::deque<architecture> script, end at_end = end::nothing_left, bool counts_repeats = true)
      : script_(std::move(script)), end_(at_end), counts_repeats_(counts_repeats) {}

  architecture propose() override {
    if (script_.empty())
      throw runtime::nothing_left("the script ends");
    auto a = script_.front();
    if (script_.size() > 1 || end_ == end::nothing_left)
      script_.pop_front();
    return a;
  }
  void observe(architecture const& a, double score) override { told.emplace_back(a, score); }
  [[nodiscard]] bool counts_repeats() const override { return counts_repeats_; }

  std::vector<std::pair<architecture, double>> told;

private:
  std::deque<architecture> script_;
  end end_;
  bool counts_repeats_;
};

} // namespace

TEST_CASE("every strategy keeps every limit on every kind of decision, and the same calls give the same proposals") {
  for (auto const declared : proposed_spaces::all()) {
    auto const space = test_spaces::compiled(declared);
    additive_fitness const fitness{space->decisions};
    auto const limits = limits_of(*space);
    for (auto const& [name, make, learns, finds_all] : tried_strategies)
      for (std::size_t l = 0; l < limits.size(); ++l) {
        INFO(name << " in " << space->structured.name << " with limit " << l);
        if (make == runtime::make_exhaustive && l > 0 && space->decisions.count().approximate() > 1e6)
          continue; // all that it meets first may be beyond the limit, which it says
        proposer_setup const setup{*space, limits[l], 3, population, 50};
        auto const one = make(setup);
        auto const other = make(setup);
        // Scores come late and not in order, of every seventh never.
        std::vector<architecture> unscored;
        compiler::random_generator random{l};
        for (int i = 0; i < 50; ++i) {
          auto const a = proposed(*one);
          REQUIRE(a == proposed(*other));
          if (!a)
            break;
          REQUIRE(compiler::faults(space->decisions, *a) == std::vector<std::string>{});
          REQUIRE(limits[l].admits(*a));
          if (i % 7 != 6)
            unscored.push_back(*a);
          while (unscored.size() > 4 || (i == 25 && !unscored.empty())) {
            auto const scored = unscored.begin() + random.below(static_cast<std::uint32_t>(unscored.size()));
            one->observe(*scored, fitness(*scored));
            other->observe(*scored, fitness(*scored));
            unscored.erase(scored);
          }
        }
      }
  }
}

TEST_CASE("of a small space every strategy proposes no architecture twice, and ends") {
  for (auto const declared : {decided_spaces::precisions.view(), test_spaces::numbers.view()}) {
    auto const space = test_spaces::compiled(declared);
    additive_fitness const fitness{space->decisions};
    auto const count = static_cast<std::size_t>(space->decisions.count().approximate());
    REQUIRE(count < 100);
    for (auto const& [name, make, learns, finds_all] : tried_strategies) {
      INFO(name << " in " << space->structured.name);
      auto const proposer = make({*space, {&space->costs, {}, {}}, 1, population, 50});
      distinct_proposals distinct{*proposer};
      std::set<architecture> seen;
      while (auto const a = distinct.next()) {
        REQUIRE(seen.insert(*a).second);
        distinct.observe(*a, fitness(*a));
      }
      if (finds_all)
        CHECK(seen.size() == count);
    }
  }
}

TEST_CASE("every strategy that learns finds better architectures of an additive fitness than random search") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  constexpr std::int64_t trials = 200;
  auto const best_of = [&](runtime::make_strategy* make) { // mean over seeds
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      auto const proposer = make({*space, {&space->costs, {}, {}}, seed, 20, trials});
      sum += std::ranges::max(scores_of(*proposer, additive_fitness{space->decisions, seed}, trials));
    }
    return sum / 3;
  };
  auto const drawn = best_of(runtime::make_random);
  for (auto const& [name, make, learns, finds_all] : tried_strategies)
    if (learns) {
      INFO(name);
      CHECK(best_of(make) > drawn);
    }
}

TEST_CASE("random search draws by the law over architectures or over choices, also within a limit") {
  auto const space = test_spaces::compiled(test_spaces::nested.view());
  auto const deep = [&](runtime::make_strategy* make, std::optional<long long> max_params) {
    auto const proposer = make({*space, {&space->costs, {}, max_params}});
    auto const first = static_cast<std::size_t>(space->decisions.find("repeat0/0/choice0"));
    int count = 0;
    for (int i = 0; i < 3000; ++i)
      count += proposer->propose().values[first] == 2;
    return count / 3000.0;
  };
  // Of three options the last holds another choice of two: 2 of 4 architectures, or 1 of 3 choices; 4 standard
  // deviations.
  CHECK(deep(runtime::make_random, {}) == Approx(1.0 / 2).margin(0.037));
  CHECK(deep(runtime::make_random_choices, {}) == Approx(1.0 / 3).margin(0.035));
  auto const largest = space->costs.of(space->costs.largest(&compiler::operation_cost::params)).params;
  CHECK(deep(runtime::make_random, largest - 1) < 0.5);
  CHECK(deep(runtime::make_random_choices, largest - 1) < 1.0 / 3);
}

TEST_CASE("where choices hardly ever meet a limit, random search draws what does all the same") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const least = space->costs.of(space->costs.smallest(&compiler::operation_cost::macs)).macs;
  for (auto* const make : {runtime::make_random, runtime::make_random_choices}) {
    auto const proposer = make({*space, {&space->costs, least, {}}});
    for (int i = 0; i < 3; ++i)
      CHECK(space->costs.of(proposer->propose()).macs == least);
    CHECK_THROWS_AS(make({*space, {&space->costs, least - 1, {}}})->propose(), user_error);
  }
}

TEST_CASE("a proposal whose score is known is told again, one without a score is passed over") {
  architecture const a{{0}};
  architecture const b{{1}};
  architecture const c{{2}};
  scripted proposer{{a, b, a, b, a, c}};
  distinct_proposals distinct{proposer};
  CHECK(distinct.next() == a);
  distinct.observe(a, 0.5);
  CHECK(distinct.next() == b); // never scored
  CHECK(distinct.next() == c);
  std::vector<std::pair<architecture, double>> const told{{a, 0.5}, {a, 0.5}, {a, 0.5}};
  CHECK((proposer.told == told)); // pairs that glog would print and cannot
  CHECK(!distinct.next());
}

TEST_CASE("a strategy that only repeats itself ends, and is told so from the start or in the end") {
  for (bool const counts_repeats : {true, false}) {
    architecture const a{{0}};
    scripted proposer{{a}, scripted::end::repeats, counts_repeats};
    distinct_proposals distinct{proposer};
    CHECK(distinct.next() == a);
    distinct.observe(a, 0.5);
    CHECK(!distinct.next());
    CHECK(proposer.told.size() == (counts_repeats ? 1001 : 901));
  }
}
