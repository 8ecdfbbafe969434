#pragma once

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/random.hpp>

#include <vector>

/// Probabilities of the options of each choice, and of keeping each option of each subset; none of them 0 or 1.
inline std::vector<std::vector<double>> decision_weights(espalier::compiler::decision_space const& space,
                                                         espalier::compiler::random_generator& random) {
  std::vector<std::vector<double>> weights;
  for (auto const& d : space.decisions()) {
    auto& own = weights.emplace_back();
    double sum = 0;
    for (std::size_t o = 0; o < d.options.size(); ++o)
      sum += own.emplace_back(0.05 + 0.9 * random.uniform());
    for (auto& w : own)
      w /= d.type == espalier::compiler::decision::kind::choice ? sum : 1;
  }
  return weights;
}
