#pragma once

#include "controller/policy_gradient.hpp"

namespace espalier::runtime {

/// Proximal policy optimization (Schulman et al., 2017) of a recurrent controller, as NASNet is searched (Zoph et al.,
/// CVPR 2018, section 3 and appendix A): several steps along a batch, none of which gains by leaving the policy that
/// drew it.
class ppo final : public policy_gradient {
public:
  explicit ppo(proposer_setup const& setup, parameters const& numbers = defaults()) : policy_gradient(setup, numbers) {}

  /// The controller of the paper, which learns from 20,000 architectures at a rate of 3.5e-4; rate and entropy are for
  /// some hundreds.
  static parameters defaults();
  /// The most by which the ratio of probabilities is above or below 1.
  static constexpr double clip = 0.2;
  [[nodiscard]] at::Tensor loss(at::Tensor const& log_probability, at::Tensor const& when_drawn,
                                at::Tensor const& advantage) const override;
};

/// The negative of min(r A, clip(r, 1 - c, 1 + c) A) with r = exp(now - then) (Schulman et al., 2017, equation 7); all
/// tensors are [batch].
at::Tensor clipped_loss(at::Tensor const& now, at::Tensor const& then, at::Tensor const& advantage, double clip);

} // namespace espalier::runtime
