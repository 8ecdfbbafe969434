// proposals: how many architectures a second the strategies propose where judging them costs nothing, through the same
// interface as in a search, beside programs written for one space only, which are run by turns with it. Fitness is
// additive: a worth for each value of each decision. Strategies that model it propose and observe a hundred after five
// hundred scores. The last lines are the figures to watch.
#include "../../../runtime/src/strategy/proposing.hpp"
#include "evolution_by_hand.hpp"
#include "throughput.hpp"

#include <espalier/compiler/lower.hpp>
#include <spaces/darts.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>

#include <vector>

using namespace espalier;

namespace {

// What the values of decisions are worth; nothing where a decision does not exist.
class additive_fitness {
public:
  explicit additive_fitness(std::size_t decisions) : worth_(decisions * values) {
    compiler::random_generator random{7};
    for (std::size_t i = 0; i < worth_.size(); ++i)
      worth_[i] = i % values == 0 ? 0 : random.uniform();
  }

  template <class Values>
  double operator()(Values const& of) const {
    double sum = 0;
    for (std::size_t i = 0; i < of.size(); ++i)
      sum += worth_[i * values + of[i]];
    return sum;
  }

private:
  static constexpr std::size_t values = 32; // of subsets of five
  std::vector<double> worth_;
};

// Proposals a second behind 500 scores: what each of 100 turns takes, the fits in it.
double modelled(runtime::make_strategy* make, runtime::proposer_setup const& setup, additive_fitness const& fitness,
                char const* name) {
  constexpr int known = 500;
  constexpr int turns = 100;
  auto const proposer = make(setup);
  compiler::random_generator random{11};
  for (int i = 0; i < known; ++i) {
    auto const a = compiler::sample(setup.space.decisions, random);
    proposer->observe(a, fitness(a.values));
  }
  auto const before = cpu_seconds();
  for (int i = 0; i < turns; ++i) {
    auto const a = proposer->propose();
    proposer->observe(a, fitness(a.values));
  }
  auto const rate = turns / (cpu_seconds() - before);
  fmt::print("{}: {:.0f} a second\n", name, rate);
  return rate;
}

struct rates {
  std::array<rate, 2> random;
  std::array<rate, 2> evolution;
  double forest;
};

template <class Hand>
rates measure(dsl::space_view declared, char const* name) {
  compiler::compiled_space const space{compiler::lower(declared)};
  additive_fitness const fitness{space.decisions.size()};
  runtime::proposer_setup const setup{space, {&space.costs, {}, {}}};
  rates found{};

  auto const random = runtime::make_random(setup);
  by_hand::generator random_by_hand;
  found.random = compare(
      2'000'000,
      [&](long times) {
        unsigned long long sum = 0;
        for (long i = 0; i < times; ++i)
          sum += random->propose().values[5];
        sink = sum;
      },
      [&](long times) {
        unsigned long long sum = 0;
        for (long i = 0; i < times; ++i)
          sum += by_hand::random<Hand>(random_by_hand)[5];
        sink = sum;
      });
  print_row(fmt::format("{}: random", name).c_str(), found.random);

  auto const evolution = runtime::make_aging_evolution(setup);
  by_hand::aging_evolution<Hand> evolution_by_hand;
  found.evolution = compare(
      1'000'000,
      [&](long times) {
        for (long i = 0; i < times; ++i) {
          auto const a = evolution->propose();
          evolution->observe(a, fitness(a.values));
        }
      },
      [&](long times) {
        for (long i = 0; i < times; ++i) {
          auto const genes = evolution_by_hand.propose();
          evolution_by_hand.observe(genes, fitness(genes));
        }
      });
  print_row(fmt::format("{}: aging evolution", name).c_str(), found.evolution);

  found.forest = modelled(runtime::make_bo_forest, setup, fitness, "bo-forest");
  modelled(runtime::make_bo_gp, setup, fitness, "bo-gp");
  modelled(runtime::make_bananas, setup, fitness, "bananas");
  return found;
}

} // namespace

int main() {
  print_heading();
  auto const darts = measure<by_hand::darts>(spaces::darts::search.view(), "darts");
  auto const ofa = measure<by_hand::ofa_mobilenet_v3>(spaces::ofa_mobilenet_v3::supernet.view(), "ofa");
  fmt::print("headline forest-darts {:.0f} proposals/s\n", darts.forest);
  fmt::print("headline forest-ofa {:.0f} proposals/s\n", ofa.forest);
  fmt::print("headline random-darts {:.0f} proposals/s\n", darts.random[0].median);
  fmt::print("headline random-ofa {:.0f} proposals/s\n", ofa.random[0].median);
  fmt::print("headline evolution-ofa {:.0f} proposals/s\n", ofa.evolution[0].median);
  fmt::print("headline evolution-darts {:.0f} proposals/s\n", darts.evolution[0].median);
}
