#pragma once

#include "strategy.hpp"

#include <espalier/compiler/decision_process.hpp>
#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace espalier::runtime {

/// Epsilon-greedy Q-learning with replay (MetaQNN; Baker et al., ICLR 2017, algorithm 1).
///
/// An architecture is a trajectory through the states of a `decision_process`: a state is the decision at hand, the
/// decision before it with its value (of a chain the layer before, or its width), and what constraints and the chain
/// allow. Only its end is rewarded, by its score: Q <- Q + rate (reward + discount max Q' - Q), last step first.
class q_learning final : public strategy {
public:
  struct stage {
    double epsilon;      ///< How often an action is random.
    std::int64_t models; ///< Different architectures that are scored meanwhile.

    bool operator==(stage const&) const = default;
  };
  /// Those of the paper; accuracies are scores in [0, 1].
  struct parameters {
    double learning_rate = 0.01;
    double discount = 1;
    double initial = 0.5;      ///< What every action is worth at first.
    std::size_t replays = 128; ///< Trajectories that are replayed when one is scored, drawn from all so far.
    /// Behind the last stage its epsilon stays.
    std::vector<stage> schedule = {{1, 1500},  {0.9, 100}, {0.8, 100}, {0.7, 100}, {0.6, 150},
                                   {0.5, 150}, {0.4, 150}, {0.3, 150}, {0.2, 150}, {0.1, 150}};

    /// The schedule stretched in proportion to so many models; the paper's where there are 0.
    static parameters of(std::int64_t trials);
  };

  q_learning(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed, parameters numbers);

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

  /// How often the next proposal's actions are random.
  [[nodiscard]] double epsilon() const;
  /// What each action is worth by which an architecture is made, in their order.
  [[nodiscard]] std::vector<double> values_along(compiler::architecture const& a) const;

private:
  // An entry of the table for each action of a state.
  struct entries {
    std::size_t first;
    std::size_t count;
  };
  struct transition {
    entries from;
    std::size_t taken; // in the table
  };
  struct trajectory {
    std::vector<transition> transitions;
    double reward;
  };

  entries entries_of_step();
  compiler::architecture walk();
  void replay(trajectory const& t);

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  compiler::decision_process process_;
  std::map<compiler::decision_process::state, entries> states_;
  std::vector<double> table_;
  std::vector<trajectory> memory_;
  std::set<compiler::architecture> scored_;
};

} // namespace espalier::runtime
