#pragma once

#include "generation.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// The front in which each point is: 0 where no point dominates it, 1 where only points of front 0 do, and so on
/// (Deb et al., IEEE TEC 2002, section III-A).
std::vector<std::size_t> non_dominated_ranks(std::vector<std::vector<double>> const& points);

/// How much room each point of a front has to itself: over all objectives, the sum of the distances between its two
/// neighbours as shares of the front's extent; infinite at the ends (Deb et al., IEEE TEC 2002, section III-B).
std::vector<double> crowding_distances(std::vector<std::vector<double>> const& front);

/// NSGA-II (Deb et al., IEEE TEC 2002, section III-C): children of binary tournaments compete with their parents; the
/// better fronts survive, and of the last one those that are least crowded. Objectives are minimized. Every proposal
/// satisfies the constraint, and none is made twice. Deterministic, as a `strategy` is.
class nsga2 final {
public:
  /// Defaults of the paper.
  struct parameters {
    std::size_t population = 100;
    double crossover = 0.9; ///< Probability of a child of two parents.
    /// Probability of each decision; one in their number where none is given.
    std::optional<double> mutation = std::nullopt;
  };

  struct individual {
    compiler::architecture a;
    std::vector<double> objectives;
  };

  nsga2(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed, parameters numbers)
      : space_(space), random_(seed), numbers_(numbers), generation_(std::move(limit)) {}

  /// An architecture to judge; `nothing_left` where all within the limits have been.
  compiler::architecture propose();
  /// Objectives that are equally many as those before, and numbers; others are an `internal_error`.
  void observe(compiler::architecture const& a, std::vector<double> objectives);
  /// Those seen so far that no other one dominates, in rising order of the first objective; of equal ones the first.
  [[nodiscard]] std::vector<individual> front() const;

private:
  struct survivor {
    std::size_t individual; // in `seen_`
    std::size_t rank;
    double crowding;
  };

  void select();
  void breed();
  [[nodiscard]] compiler::architecture child();
  [[nodiscard]] compiler::architecture const& winner();

  compiler::decision_space const& space_;
  compiler::random_generator random_;
  parameters numbers_;
  std::vector<individual> seen_;
  std::size_t selected_ = 0; // so many of `seen_` have been up for selection
  std::vector<survivor> population_;
  generation generation_;
};

} // namespace espalier::runtime
