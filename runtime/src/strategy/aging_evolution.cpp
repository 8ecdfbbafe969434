#include "aging_evolution.hpp"

#include "proposing.hpp"

#include <espalier/compiler/decision_roles.hpp>

#include <algorithm>

namespace espalier::runtime {

aging_evolution::aging_evolution(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                                 parameters numbers, std::vector<bool> inputs)
    : space_(space), limit_(std::move(limit)), random_(seed), numbers_(numbers) {
  auto const count = static_cast<std::size_t>(std::ranges::count(inputs, true));
  if (count > 0 && count < inputs.size())
    inputs_ = std::move(inputs);
}

compiler::architecture aging_evolution::propose() {
  constexpr int tries = 1000; // of a parent in a corner of the limit; then a fresh architecture
  bool const is_full = population_.size() == numbers_.population;
  parent_ = is_full ? &winner() : nullptr;
  for (int i = 0; i < tries && is_full; ++i)
    if (auto child = child_of(*parent_); limit_.admits(child))
      return child;
  parent_ = nullptr;
  return compiler::sample(space_, random_, limit_);
}

void aging_evolution::observe(compiler::architecture const& a, double score) {
  if (population_.size() < numbers_.population) {
    population_.push_back(a);
    scores_.push_back(score);
    return;
  }
  population_[oldest_] = a;
  scores_[oldest_] = score;
  oldest_ = (oldest_ + 1) % population_.size();
}

compiler::architecture const& aging_evolution::winner() {
  auto const drawn = [&] { return random_.below(static_cast<std::uint32_t>(scores_.size())); };
  auto best = drawn();
  for (std::size_t i = 1; i < numbers_.tournament; ++i)
    if (auto const rival = drawn(); scores_[rival] > scores_[best])
      best = rival;
  return population_[best];
}

// The decision that changes is drawn until it is of the kind that was drawn, which leaves it uniform among those.
compiler::architecture aging_evolution::child_of(compiler::architecture const& parent) {
  auto child = parent;
  if (inputs_.empty()) {
    compiler::mutate_in_place(child, space_, random_);
    return child;
  }
  auto const kind = random_.uniform();
  if (kind < numbers_.identity)
    return child;
  bool const is_input = kind < (1 + numbers_.identity) / 2;
  constexpr int tries = 100; // then a change of the other kind, as this one may not exist here
  auto changed = compiler::mutate_in_place(child, space_, random_);
  for (int i = 1; i < tries && changed >= 0 && inputs_[static_cast<std::size_t>(changed)] != is_input; ++i) {
    child = parent;
    changed = compiler::mutate_in_place(child, space_, random_);
  }
  return child;
}

std::unique_ptr<strategy> make_aging_evolution(proposer_setup const& setup) {
  auto const& decisions = setup.space.decisions;
  aging_evolution::parameters numbers;
  if (setup.population > 0) {
    numbers.population = static_cast<std::size_t>(setup.population);
    numbers.tournament = std::max<std::size_t>(2, numbers.population / 4);
  }
  std::vector<bool> inputs;
  for (auto const role : compiler::roles_of(setup.space.expanded, decisions))
    inputs.push_back(role == compiler::decision_role::input);
  return std::make_unique<aging_evolution>(decisions, setup.limit, setup.seed, numbers, std::move(inputs));
}

} // namespace espalier::runtime
