#include "genetic.hpp"

#include "proposing.hpp"

#include <algorithm>

namespace espalier::runtime {

compiler::architecture genetic_algorithm::propose() {
  constexpr int tries = 1000;
  for (int i = 0; i < tries && !parents_.empty(); ++i)
    if (auto a = child(); limit_.admits(a))
      return a;
  return compiler::sample(space_, random_, limit_);
}

void genetic_algorithm::observe(compiler::architecture const& a, double score) {
  scored_.push_back({a, score});
  if (scored_.size() < numbers_.population)
    return;
  parents_ = std::exchange(scored_, {});
  auto const worst = std::ranges::min(parents_, {}, &individual::score).score;
  cumulative_.clear();
  double sum = 0;
  for (auto const& p : parents_)
    cumulative_.push_back(sum += p.score - worst);
}

// Where all are as good as each other, every one is as likely.
compiler::architecture const& genetic_algorithm::drawn_parent() {
  auto const sum = cumulative_.back();
  auto const drawn = sum > 0 ? static_cast<std::size_t>(std::ranges::upper_bound(cumulative_, random_.uniform() * sum) -
                                                        cumulative_.begin())
                             : random_.below(static_cast<std::uint32_t>(parents_.size()));
  return parents_[std::min(drawn, parents_.size() - 1)].a;
}

compiler::architecture genetic_algorithm::child() {
  auto const& mother = drawn_parent();
  bool const has_two_parents = random_.uniform() < numbers_.crossover;
  auto const mated = has_two_parents ? compiler::crossover(space_, mother, drawn_parent(), random_) : mother;
  return compiler::mutate(space_, mated, random_, numbers_.mutation);
}

std::unique_ptr<strategy> make_genetic(proposer_setup const& setup) {
  genetic_algorithm::parameters numbers;
  if (setup.population > 0)
    numbers.population = static_cast<std::size_t>(setup.population);
  return std::make_unique<genetic_algorithm>(setup.space.decisions, setup.limit, setup.seed, numbers);
}

} // namespace espalier::runtime
