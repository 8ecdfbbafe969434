#pragma once

#include "controller/policy_gradient.hpp"

namespace espalier::runtime {

/// REINFORCE with a recurrent controller (NAS-RL; Zoph and Le, ICLR 2017, section 3.2): ascends along the mean over a
/// batch of grad log p(a) (R(a) - b), where b is an exponential moving average of the rewards before.
class reinforce final : public policy_gradient {
public:
  explicit reinforce(proposer_setup const& setup, parameters const& numbers = defaults())
      : policy_gradient(setup, numbers) {}

  /// The controller, the reward and the depths of the paper, which learns from 12,800 architectures at a rate of 6e-4;
  /// the rate is for some hundreds, and an entropy keeps the controller from settling on the first good one.
  static parameters defaults();
  [[nodiscard]] at::Tensor loss(at::Tensor const& log_probability, at::Tensor const& when_drawn,
                                at::Tensor const& advantage) const override;
};

} // namespace espalier::runtime
