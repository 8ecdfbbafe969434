#include "bayesian_optimization.hpp"

#include "surrogate/forest.hpp"
#include "surrogate/gaussian_process.hpp"

#include <algorithm>
#include <functional>
#include <ranges>

#include <fmt/format.h>

namespace espalier::runtime {

bayesian_optimization::parameters bayesian_optimization::parameters::of(proposer_setup const& setup, acquisition rule) {
  parameters numbers;
  if (setup.population > 0)
    numbers.initial = static_cast<std::size_t>(setup.population);
  numbers.rule = rule;
  return numbers;
}

compiler::architecture bayesian_optimization::propose() {
  if (next_.empty() && scores_.size() >= numbers_.initial)
    next_ = most_valued(mutations());
  if (next_.empty())
    next_.push_back(random_one());
  auto proposed = std::move(next_.back());
  next_.pop_back();
  proposed_.insert(proposed.a);
  parent_ = std::move(proposed.parent);
  return std::move(proposed.a);
}

void bayesian_optimization::observe(compiler::architecture const& a, double score) {
  best_.observe(a, score);
  known_.push_back(encode_(a));
  scores_.push_back(score);
}

// Where a child of one of the best was proposed before, its child, and so on.
std::vector<bayesian_optimization::candidate> bayesian_optimization::mutations() {
  constexpr int generations = 5;
  auto const tries = 5 * numbers_.candidates;
  std::vector<candidate> found;
  std::set<compiler::architecture> seen;
  for (std::size_t t = 0; t < tries && found.size() < numbers_.candidates; ++t) {
    auto parent = best_.random_member(random_);
    for (int g = 0; g < generations; ++g) {
      auto child = compiler::mutate(space_, parent, random_);
      if (!limit_.admits(child))
        continue;
      if (!proposed_.contains(child)) {
        if (seen.insert(child).second)
          found.push_back({std::move(child), std::move(parent)});
        break;
      }
      parent = std::move(child);
    }
  }
  return found;
}

bayesian_optimization::candidate bayesian_optimization::random_one() {
  constexpr int tries = 1000;
  for (int i = 0; i < tries; ++i)
    if (auto a = compiler::sample(space_, random_, limit_); !proposed_.contains(a))
      return {std::move(a)};
  throw nothing_left(fmt::format("{} architectures within the limits have been proposed, and {} random ones are all "
                                 "among them; lower --trials",
                                 proposed_.size(), tries));
}

std::vector<bayesian_optimization::candidate> bayesian_optimization::most_valued(std::vector<candidate> found) {
  if (found.empty())
    return {};
  model_->fit(known_, scores_);
  std::vector<feature_set> features;
  for (auto const& c : found)
    features.push_back(encode_(c.a));
  auto const best = std::ranges::max(scores_);
  std::vector<std::pair<double, std::size_t>> valued;
  for (auto const& p : model_->predict(features))
    valued.emplace_back(worth(numbers_.rule, p, best, random_), valued.size());
  auto const count = std::min(numbers_.proposals, valued.size());
  std::ranges::partial_sort(valued, valued.begin() + static_cast<std::ptrdiff_t>(count), std::greater{});
  std::vector<candidate> chosen;
  for (auto const& [value, i] : valued | std::views::take(count) | std::views::reverse)
    chosen.push_back(std::move(found[i]));
  return chosen;
}

// The surrogate draws other numbers than the strategy.
std::unique_ptr<strategy> make_bo_forest(proposer_setup const& setup) {
  compiler::random_generator random{setup.seed};
  return std::make_unique<bayesian_optimization>(
      setup, encoding::one_hot(setup.space.decisions), std::make_unique<forest>(random(), forest::parameters{}),
      bayesian_optimization::parameters::of(setup, acquisition::thompson_sampling));
}

std::unique_ptr<strategy> make_bo_gp(proposer_setup const& setup) {
  return std::make_unique<bayesian_optimization>(
      setup, encoding::one_hot(setup.space.decisions),
      std::make_unique<gaussian_process>(gaussian_process::parameters{}),
      bayesian_optimization::parameters::of(setup, acquisition::expected_improvement));
}

} // namespace espalier::runtime
