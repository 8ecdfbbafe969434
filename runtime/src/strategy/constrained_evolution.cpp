#include "constrained_evolution.hpp"

#include <algorithm>

namespace espalier::runtime {

constrained_evolution::parameters constrained_evolution::parameters::of(search_options const& options) {
  parameters numbers;
  numbers.population = or_default(static_cast<std::size_t>(options.population), numbers.population);
  numbers.parents = std::max<std::size_t>(2, numbers.population / 5);
  return numbers;
}

compiler::architecture constrained_evolution::propose() {
  if (generation_.is_spent())
    breed();
  return generation_.next();
}

void constrained_evolution::observe(compiler::architecture const& a, double score) {
  best_.observe(a, score);
}

void constrained_evolution::breed() {
  generation_.clear();
  auto const size = numbers_.population;
  auto const tries =
      10 * size; // as the released code: each operator gives up after ten times the number it should make
  auto const parent = [&]() -> compiler::architecture const& { return best_.random_member(random_); };
  if (!best_.is_empty()) {
    generation_.fill(size / 2, tries, [&] { return compiler::mutate(space_, parent(), random_, numbers_.mutation); });
    generation_.fill(size, tries, [&] { return compiler::crossover(space_, parent(), parent(), random_); });
  }
  generation_.fill_up(size, 100 * tries, space_, random_);
}

} // namespace espalier::runtime
