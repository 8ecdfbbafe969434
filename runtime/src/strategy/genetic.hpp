#pragma once

#include "strategy.hpp"

#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// The generational genetic algorithm of Miller, Todd and Hegde (ICGA 1989): parents are drawn in proportion to their
/// fitness, a child takes each decision from one of two (where a row of a connectivity matrix is one decision: whole
/// rows), and decisions mutate. Fitness is what a score is above the worst of its generation.
///
/// Each population of scores, in the order in which they come, is a generation; children are of the last whole one.
class genetic_algorithm final : public strategy {
public:
  /// A population of the paper, which mutates each bit with 0.005. A decision has many bits, and copies are not
  /// evaluated again: with 0.005 a population of 30 finds nothing new on NAS-Bench-201 after some 140 architectures.
  struct parameters {
    std::size_t population = 30;
    double crossover = 0.6; ///< Probability that a child has two parents; else it is a copy of one.
    double mutation = 0.05; ///< Probability of each decision.
  };

  genetic_algorithm(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                    parameters numbers)
      : space_(space), limit_(std::move(limit)), random_(seed), numbers_(numbers) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  struct individual {
    compiler::architecture a;
    double score;
  };

  compiler::architecture const& drawn_parent();
  compiler::architecture child();

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  std::vector<individual> parents_;
  std::vector<double> cumulative_; // their fitness and that of those before them
  std::vector<individual> scored_; // the generation that is being evaluated
};

} // namespace espalier::runtime
