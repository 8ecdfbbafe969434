#pragma once

#include "surrogate.hpp"

#include <espalier/compiler/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace espalier::runtime {

/// By what a candidate is chosen, of which more is better.
enum class acquisition : std::uint8_t {
  expected_improvement,
  upper_confidence_bound,
  thompson_sampling ///< Independent: every candidate by a sample of its own (White et al., AAAI 2021, section 4).
};

/// How much the best score so far is expected to be exceeded, if the score is normally distributed (Jones, Schonlau,
/// Welch, Journal of Global Optimization 1998, equation 15).
inline double expected_improvement(prediction const& p, double best) {
  auto const gain = p.mean - best;
  if (p.deviation <= 0)
    return std::max(gain, 0.0);
  auto const z = gain / p.deviation;
  auto const density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  auto const probability = std::erfc(-z / std::numbers::sqrt2) / 2;
  return std::max(gain * probability + p.deviation * density, 0.0);
}

/// Mean and `beta` standard deviations (Srinivas et al., ICML 2010, equation 6).
inline double upper_confidence_bound(prediction const& p, double beta = 0.5) {
  return p.mean + beta * p.deviation;
}

/// A draw from the normal distribution (Box and Muller 1958).
inline double thompson_sample(prediction const& p, compiler::random_generator& random) {
  auto const radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return p.mean + p.deviation * radius * std::cos(2 * std::numbers::pi * random.uniform());
}

/// What a candidate is worth.
inline double worth(acquisition rule, prediction const& p, double best, compiler::random_generator& random) {
  switch (rule) {
  case acquisition::expected_improvement:
    return expected_improvement(p, best);
  case acquisition::upper_confidence_bound:
    return upper_confidence_bound(p);
  case acquisition::thompson_sampling:
    return thompson_sample(p, random);
  }
  return 0;
}

} // namespace espalier::runtime
