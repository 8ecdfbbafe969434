#include "aging_evolution.hpp"

namespace espalier::runtime {

compiler::architecture aging_evolution::propose() {
  if (population_.size() < numbers_.population)
    return compiler::sample(space_, random_, limit_);
  auto const drawn = [&]() -> individual const& {
    return population_[random_.below(static_cast<std::uint32_t>(population_.size()))];
  };
  auto const* parent = &drawn();
  for (std::size_t i = 1; i < numbers_.tournament; ++i)
    if (auto const& rival = drawn(); rival.score > parent->score)
      parent = &rival;
  constexpr int tries =
      1000; // a parent in a corner of the constraint: rather a fresh architecture than an endless loop
  for (int i = 0; i < tries; ++i)
    if (auto child = compiler::mutate(space_, parent->a, random_); limit_.admits(child))
      return child;
  return compiler::sample(space_, random_, limit_);
}

void aging_evolution::observe(compiler::architecture const& a, double score) {
  population_.push_back({a, score});
  if (population_.size() > numbers_.population)
    population_.pop_front();
}

} // namespace espalier::runtime
