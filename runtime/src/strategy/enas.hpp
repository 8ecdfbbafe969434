#pragma once

#include "../sampled/path_samplers.hpp"
#include "controller/moving_average.hpp"
#include "controller/policy.hpp"

#include <torch/optim/adam.h>

namespace espalier::runtime {

/// The controller of ENAS (Pham et al., ICML 2018, section 2.2), which learns in turn with the weights of a supernet:
/// behind every epoch of these, REINFORCE with the accuracies of paths as they are then, each on one mini-batch of the
/// other images. Leaves what it learned in `controller.pt`.
class enas_controller {
public:
  struct parameters {
    policy::parameters controller = {
        .hidden = 100, .layers = 1, .initial_range = 0.1, .temperature = 5, .tanh_constant = 2.5};
    int steps = 30; ///< Of Adam behind an epoch; fewer where there are not as many mini-batches as they look at.
    int paths = 10; ///< That a step learns from, each on a mini-batch of its own.
    double learning_rate = 0.0035;
    double learning_rate_of_skips = 0.001; ///< The same of spaces with skip decisions.
    double baseline_decay = 0.99;
    double entropy_weight = 1e-4; ///< Of the entropy, in a reward.
    double skip_weight = 0.8;     ///< Of `policy::judgement::skip_divergence`, in the loss.
  };

  /// Continues as an earlier run left off. The context must outlive it.
  enas_controller(search_context const& context, parameters const& numbers);

  /// A path to train; before that the controller learns, where an epoch of the weights has ended.
  std::vector<lesson> operator()(sampling_step& at);
  /// Learns until it has done so behind as many epochs.
  void catch_up(std::int64_t epochs, network& supernet);

  [[nodiscard]] policy const& learned() const { return policy_; }

private:
  void learn(network& supernet);
  void step(network& supernet, batches const& judging, std::int64_t number);
  void save() const;
  void restore();

  search_context const& context_;
  parameters numbers_;
  normalization norm_;
  policy policy_;
  torch::optim::Adam optimizer_;
  moving_average baseline_;
  std::int64_t epochs_ = 0; // behind which it learned
};

} // namespace espalier::runtime
