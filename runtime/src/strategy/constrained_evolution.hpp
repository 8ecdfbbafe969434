#pragma once

#include "../search_context.hpp"
#include "generation.hpp"
#include "strategy.hpp"

#include <utility>

namespace espalier::runtime {

/// The evolution of SPOS (Guo et al., ECCV 2020, algorithm 1): from the best architectures so far, half of a generation
/// are mutations and half crossovers; random ones fill what is missing. Every proposal satisfies the constraint, and
/// none is made twice.
class constrained_evolution final : public strategy {
public:
  struct parameters {
    std::size_t population = 50;
    std::size_t parents = 10;
    double mutation = 0.1; ///< Probability of each decision.

    /// Those of the paper; of another population a fifth are parents.
    static parameters of(search_options const& options);
  };

  constrained_evolution(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                        parameters numbers)
      : space_(space), random_(seed), numbers_(numbers), best_(numbers.parents), generation_(std::move(limit)) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  void breed();

  compiler::decision_space const& space_;
  compiler::random_generator random_;
  parameters numbers_;
  elite best_;
  generation generation_;
};

} // namespace espalier::runtime
