// cost: how many architectures a second the general engine mutates and evaluates (params and macs of the child from
// those of its parent, exactly), and evaluates from nothing, beside programs written for one space only, which add up
// one table of macs over all decisions. The last lines are the figures to watch.
#include "../sampling/by_hand.hpp"
#include "spaces.hpp"
#include "throughput.hpp"

#include <espalier/compiler/sample.hpp>

using namespace espalier::compiler;

namespace {

/// A table by decision and option, as somebody would write who needs one space only.
template <class Hand>
struct table_by_hand {
  std::array<std::array<std::uint32_t, 32>, Hand::decisions> macs{};

  explicit table_by_hand(by_hand::generator& random) {
    for (auto& of_decision : macs)
      for (auto& m : of_decision)
        m = random.below(1000);
  }
  [[nodiscard]] std::uint64_t of(by_hand::genotype<Hand> const& g) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < g.size(); ++i)
      sum += macs[i][g[i]];
    return sum;
  }
};

cost_term<operation_cost> random_term(decision_space const& space, std::vector<cost_variable> reads,
                                      random_generator& random) {
  std::size_t size = 1;
  for (auto const& r : reads)
    size *= states_of(space, {}, r);
  cost_term<operation_cost> term{std::move(reads), {}};
  for (std::size_t i = 0; i < size; ++i)
    term.table.push_back({random.below(1000U), random.below(1000U)});
  return term;
}

/// DARTS: what each operation of each edge costs.
cost_model darts_costs(decision_space const& space) {
  random_generator random{3};
  std::vector<cost_term<operation_cost>> terms;
  for (int i = 0; i < static_cast<int>(space.size()); ++i)
    if (space[static_cast<std::size_t>(i)].type == decision::kind::choice)
      terms.push_back(random_term(space, {{i}}, random));
  return {space, std::move(terms)};
}

/// Once-for-All: a layer's cost depends on resolution, kernel and expansion together.
cost_model ofa_costs(decision_space const& space) {
  random_generator random{4};
  std::vector<cost_term<operation_cost>> terms{random_term(space, {{0}}, random)};
  for (int i = 0; i < static_cast<int>(space.size()); ++i)
    if (space[static_cast<std::size_t>(i)].path.ends_with("kernel"))
      terms.push_back(random_term(space, {{0}, {i}, {i + 1}}, random));
  return {space, std::move(terms)};
}

template <class Hand>
rate measure(decision_space const& space, cost_model const& costs, char const* name) {
  random_generator random{1};
  by_hand::generator by_hand_random;
  table_by_hand<Hand> const table{by_hand_random};
  auto parent = sample(space, random);
  auto child = parent;
  auto cost = costs.of(parent);
  auto g = by_hand::random<Hand>(by_hand_random);
  auto const by_hand = [&](long times) {
    std::uint64_t sum = 0;
    for (long i = 0; i < times; ++i) {
      auto mutant = g;
      by_hand::mutate<Hand>(mutant, by_hand_random);
      sum += table.of(mutant);
      g = mutant;
    }
    sink = sum;
  };
  auto const from_parent = compare(
      5'000'000,
      [&](long times) {
        long long sum = 0;
        for (long i = 0; i < times; ++i) {
          child.values = parent.values;
          auto const changed = mutate_in_place(child, space, random);
          cost = costs.of_mutant(child, changed, parent, cost);
          sum += cost.params + cost.macs;
          std::swap(parent, child);
        }
        sink = static_cast<unsigned long long>(sum);
      },
      by_hand);
  auto const anew = compare(
      2'000'000,
      [&](long times) {
        long long sum = 0;
        for (long i = 0; i < times; ++i) {
          mutate_in_place(parent, space, random);
          sum += costs.of(parent).macs;
        }
        sink = static_cast<unsigned long long>(sum);
      },
      by_hand);
  print_row(fmt::format("{}: mutate, cost from parent's", name).c_str(), from_parent);
  print_row(fmt::format("{}: mutate, cost anew", name).c_str(), anew);
  return from_parent[0];
}

} // namespace

int main() {
  print_heading();
  auto const darts_space = benchmark::darts();
  auto const ofa_space = benchmark::ofa_mobilenet_v3();
  auto const darts = measure<by_hand::darts>(darts_space, darts_costs(darts_space), "darts");
  auto const ofa = measure<by_hand::ofa_mobilenet_v3>(ofa_space, ofa_costs(ofa_space), "ofa");
  fmt::print("headline mutate-and-cost-ofa {:.0f} architectures/s\n", ofa.median);
  fmt::print("headline mutate-and-cost-darts {:.0f} architectures/s\n", darts.median);
}
