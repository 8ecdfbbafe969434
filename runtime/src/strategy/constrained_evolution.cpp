#include "constrained_evolution.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::runtime {

constrained_evolution::parameters constrained_evolution::parameters::of(search_options const& options) {
  parameters numbers;
  numbers.population = or_default(static_cast<std::size_t>(options.population), numbers.population);
  numbers.parents = std::max<std::size_t>(2, numbers.population / 5);
  return numbers;
}

compiler::architecture constrained_evolution::propose() {
  if (next_ == generation_.size())
    breed();
  return generation_[next_++];
}

void constrained_evolution::observe(compiler::architecture const& a, double score) {
  auto const place = std::ranges::find_if(best_, [&](individual const& other) { return other.score < score; });
  best_.insert(place, {a, score});
  if (best_.size() > numbers_.parents)
    best_.pop_back();
}

template <class Make>
void constrained_evolution::fill(std::size_t until, int tries, Make make) {
  while (generation_.size() < until && tries-- > 0)
    if (auto candidate = make(); limit_.admits(candidate) && visited_.insert(candidate).second)
      generation_.push_back(std::move(candidate));
}

compiler::architecture const& constrained_evolution::random_parent() {
  return best_[random_.below(static_cast<std::uint32_t>(best_.size()))].a;
}

void constrained_evolution::breed() {
  generation_.clear();
  next_ = 0;
  auto const size = numbers_.population;
  auto const tries = static_cast<int>(
      10 * size); // as the released code: each operator gives up after ten times the number it should make
  if (!best_.empty()) {
    fill(size / 2, tries, [&] { return compiler::mutate(space_, random_parent(), random_, numbers_.mutation); });
    fill(size, tries, [&] { return compiler::crossover(space_, random_parent(), random_parent(), random_); });
  }
  fill(size, 100 * tries, [&] { return compiler::sample(space_, random_, limit_); });
  if (generation_.empty())
    throw user_error(
        fmt::format("all {} architectures within the limits have been evaluated; lower --trials", visited_.size()));
}

} // namespace espalier::runtime
