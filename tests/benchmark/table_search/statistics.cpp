#include "statistics.hpp"

#include <espalier/compiler/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace benchmark {

estimate mean_of(std::span<double const> values) {
  constexpr int samples = 1000;
  auto const count = static_cast<double>(values.size());
  espalier::compiler::random_generator random{1};
  std::vector<double> means;
  for (int sample = 0; sample < samples; ++sample) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[random.below(static_cast<std::uint32_t>(values.size()))];
    means.push_back(sum / count);
  }
  std::ranges::sort(means);
  return {std::accumulate(values.begin(), values.end(), 0.0) / count, means[samples / 40],
          means[samples - 1 - samples / 40]};
}

double median_of(std::span<double const> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
}

comparison compare_pairs(std::span<double const> ours, std::span<double const> theirs) {
  comparison found;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    found.wins += ours[i] < theirs[i];
    found.losses += theirs[i] < ours[i];
  }
  int const pairs = found.wins + found.losses;
  double tail = 0; // of the binomial distribution of one half
  for (int k = 0; k <= std::min(found.wins, found.losses); ++k)
    tail += std::exp(std::lgamma(pairs + 1) - std::lgamma(k + 1) - std::lgamma(pairs - k + 1) - pairs * std::log(2));
  found.p = std::min(1.0, 2 * tail);
  return found;
}

} // namespace benchmark
