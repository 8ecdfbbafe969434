#pragma once

#include <espalier/compiler/architecture.hpp>

#include "catch.hpp"

#include <cmath>
#include <map>

namespace distributions {

using espalier::compiler::architecture;

/// The chi-square value that is exceeded with a probability of 1e-4 (Wilson and Hilferty, 1931).
inline double chi_square_limit(std::size_t degrees) {
  auto const k = static_cast<double>(degrees);
  auto const root = 1 - 2 / (9 * k) + 3.719 * std::sqrt(2 / (9 * k));
  return k * root * root * root;
}

/// Draws `times` and compares how often each architecture comes with its probability.
template <class Draw>
void check_distribution(std::map<architecture, double> const& probabilities, int times, Draw draw) {
  std::map<architecture, int> drawn;
  for (int i = 0; i < times; ++i)
    ++drawn[draw()];
  double sum = 0;
  double whole = 0;
  for (auto const& [a, probability] : probabilities) {
    auto const expected = probability * times;
    REQUIRE(expected > 5);
    whole += probability;
    auto const difference = drawn[a] - expected;
    sum += difference * difference / expected;
  }
  CHECK(whole == Approx(1));
  CHECK(drawn.size() == probabilities.size());
  CHECK(sum < chi_square_limit(probabilities.size() - 1));
}

} // namespace distributions
