#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// Where in a search a mixing function is asked for weights.
struct mixing_step {
  double progress = 0;         ///< The share of the epochs that are done, in [0, 1).
  bool trains_weights = false; ///< Whether the network's weights are trained, not the architecture parameters.
  std::uint64_t seed = 0;      ///< Of what is drawn: the same seed draws the same.
};

/// The weights [candidates] of a decision's candidates, and which of them run: none named means all.
struct mixed_weights {
  at::Tensor weights;
  std::vector<int> chosen;
};

/// How architecture parameters [candidates] become weights of the candidates.
struct mixing_function {
  std::function<mixed_weights(at::Tensor const& alpha, mixing_step const& step)> mix;
  /// The probability, or mean weight, of each candidate: what derivation and expected costs read.
  std::function<at::Tensor(at::Tensor const& alpha)> probabilities;
  /// Does what remains to be done after an optimizer's step from `before`, where only `chosen` ran; may be empty.
  std::function<void(at::Tensor& alpha, at::Tensor const& before, std::vector<int> const& chosen)> settle = {};
};

/// Softmax (DARTS, equation 2).
mixing_function softmax_mixing();

/// A temperature by the share of the epochs that are done.
using temperature_schedule = std::function<double(double progress)>;
/// From one to another along a line.
temperature_schedule linear_temperature(double start, double end);
/// start * decay^progress.
temperature_schedule exponential_temperature(double start, double decay);

/// Softmax of parameters plus Gumbel noise (Jang et al., ICLR 2017; Maddison et al., ICLR 2017), as FBNet does.
mixing_function gumbel_softmax_mixing(temperature_schedule temperature);

/// The strongest candidate of a Gumbel-softmax sample with weight 1, and the sample's gradient (straight through). Only
/// that one runs (GDAS, Dong and Yang, CVPR 2019, section 3.2), or with `runs_all` every one, so that each gets a
/// gradient.
mixing_function hard_gumbel_mixing(temperature_schedule temperature, bool runs_all);

/// Binary gates (ProxylessNAS; Cai, Zhu, Han, ICLR 2019, section 3.2): weights are trained on one sampled path;
/// architecture parameters on two, of which one is open. The gradient is that of the softmax over the two by the gates
/// (equation 4), and a step leaves the probability of the two together as it was.
mixing_function binary_gate_mixing();

/// A sample of the Dirichlet distribution of concentration 1 + elu(alpha) (DrNAS; Chen et al., ICLR 2021, section 3),
/// with its pathwise gradient.
mixing_function dirichlet_mixing();

} // namespace espalier::runtime
