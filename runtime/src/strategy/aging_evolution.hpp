#pragma once

#include "../search_context.hpp"
#include "strategy.hpp"

#include <deque>

namespace espalier::runtime {

/// Aging evolution (Real et al., AAAI 2019, algorithm 1): the best of a random tournament has a child that differs in
/// one decision; the oldest of the population dies. Defaults of the paper: population 100, tournament 25.
class aging_evolution final : public strategy {
public:
  struct parameters {
    std::size_t population = 100;
    std::size_t tournament = 25;
  };

  aging_evolution(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                  parameters numbers)
      : space_(space), limit_(limit), random_(seed), numbers_(numbers) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  struct individual {
    compiler::architecture a;
    double score;
  };

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  std::deque<individual> population_; // oldest first
};

} // namespace espalier::runtime
