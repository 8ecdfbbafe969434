#pragma once

#include <span>

namespace benchmark {

/// A mean, and between which values it lies with 95 % confidence: percentiles of 1,000 bootstrap samples (Efron and
/// Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3), the same for the same values.
struct estimate {
  double mean;
  double low;
  double high;
};

estimate mean_of(std::span<double const> values);

double median_of(std::span<double const> values);

/// How often one of two paired series is the less, without ties, and how probable it is that one of them is so at least
/// so often if both are alike: the two-sided sign test, exact.
struct comparison {
  int wins = 0;
  int losses = 0;
  double p = 1;
};

/// Where less is better.
comparison compare_pairs(std::span<double const> ours, std::span<double const> theirs);

} // namespace benchmark
