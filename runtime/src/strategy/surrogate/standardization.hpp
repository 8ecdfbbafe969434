#pragma once

#include <cmath>
#include <numeric>
#include <span>

namespace espalier::runtime {

/// Scores at mean 0 and variance 1.
struct standardization {
  double mean = 0;
  double deviation = 1; ///< 1 where all scores are equal.

  /// Of at least one score.
  static standardization of(std::span<double const> scores) {
    auto const count = static_cast<double>(scores.size());
    auto const mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
    double squares = 0;
    for (auto const s : scores)
      squares += (s - mean) * (s - mean);
    return {mean, squares > 0 ? std::sqrt(squares / count) : 1};
  }

  [[nodiscard]] double operator()(double score) const { return (score - mean) / deviation; }
};

} // namespace espalier::runtime
