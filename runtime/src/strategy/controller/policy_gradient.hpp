#pragma once

#include "../proposing.hpp"
#include "moving_average.hpp"
#include "policy.hpp"

#include <deque>
#include <map>

#include <torch/optim/adam.h>

namespace espalier::runtime {

/// How deep the networks are that a controller proposes: at first few layers, more as it learns. It limits the layers
/// of a chain and each decided depth; a space that has neither, such as a skip chain of so many layers, is not
/// affected.
struct depth_schedule {
  depth_limit first = any_depth;
  int rise = 0;
  std::int64_t every = 1; ///< Scores.

  [[nodiscard]] depth_limit at(std::int64_t scores) const;
};

/// A strategy that draws from a policy and, with every batch of scores, makes what scored above the mean of the rewards
/// before more likely.
class policy_gradient : public strategy {
public:
  struct parameters {
    policy::parameters controller = {};
    std::size_t batch = 10; ///< Scores from one update to the next.
    int steps = 1;          ///< Of Adam, in an update.
    double learning_rate = 0;
    double baseline_decay = 0.95;
    double entropy_weight = 0;
    int reward_power = 1; ///< A reward is the score to this power.
    depth_schedule depth = {};
  };

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

  /// What to lower, [batch]: of log-probabilities as they are, as they were when drawn, and of rewards over the
  /// baseline.
  [[nodiscard]] virtual at::Tensor loss(at::Tensor const& log_probability, at::Tensor const& when_drawn,
                                        at::Tensor const& advantage) const = 0;

protected:
  policy_gradient(proposer_setup const& setup, parameters const& numbers);

private:
  struct observation {
    compiler::architecture a;
    double reward;
    float log_probability; // when it was proposed
  };

  [[nodiscard]] depth_limit depth() const { return numbers_.depth.at(scores_); }
  void learn();

  parameters numbers_;
  compiler::constraint limit_;
  policy policy_;
  compiler::random_generator random_;
  torch::optim::Adam optimizer_;
  moving_average baseline_;
  std::deque<policy::drawn> drawn_;                  // not proposed yet
  std::map<compiler::architecture, float> proposed_; // with log-probabilities
  std::vector<observation> observed_;                // since the last update
  std::int64_t scores_ = 0;
};

} // namespace espalier::runtime
