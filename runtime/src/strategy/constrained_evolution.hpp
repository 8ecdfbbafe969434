#pragma once

#include "../search_context.hpp"
#include "strategy.hpp"

#include <set>
#include <vector>

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
      : space_(space), limit_(limit), random_(seed), numbers_(numbers) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  struct individual {
    compiler::architecture a;
    double score;
  };

  void breed();
  template <class Make>
  void fill(std::size_t until, int tries, Make make);
  [[nodiscard]] compiler::architecture const& random_parent();

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  std::vector<individual> best_; // best first, at most `parents`
  std::vector<compiler::architecture> generation_;
  std::size_t next_ = 0;
  std::set<compiler::architecture> visited_;
};

} // namespace espalier::runtime
