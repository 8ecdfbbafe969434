#pragma once

#include "generation.hpp"
#include "strategy.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/decision_roles.hpp>
#include <espalier/compiler/sample.hpp>

#include <vector>

namespace espalier::runtime {

/// The coarse-to-fine architecture selection of BigNAS (Yu et al., ECCV 2020): first a coarse grid, in which all
/// numbers of a role (resolution, depth, width, kernel, expansion) stand at the same level between their smallest and
/// largest option; then mutants of the best. Decisions of no such role are drawn on the grid. Random architectures fill
/// what is missing where a grid or a generation is small. Every proposal satisfies the constraint, and none is made
/// twice.
class coarse_to_fine final : public strategy {
public:
  struct parameters {
    std::size_t grid = 160;      ///< At most so many points of the grid, chosen uniformly.
    std::size_t levels = 3;      ///< Of each role, where its numbers have as many options; at least 2.
    std::size_t population = 50; ///< Mutants before parents are chosen anew, and architectures before the first.
    std::size_t parents = 5;     ///< The best so far.
    double mutation = 0.05;      ///< Probability of each decision.
  };

  /// The space must outlive it.
  coarse_to_fine(compiler::compiled_space const& space, compiler::constraint limit, std::uint64_t seed,
                 parameters numbers);

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  void propose_grid();
  void breed();

  compiler::decision_space const& space_;
  std::vector<compiler::decision_role> roles_;
  compiler::random_generator random_;
  parameters numbers_;
  elite best_;
  generation generation_;
};

} // namespace espalier::runtime
