#pragma once

#include "path_descent.hpp"
#include "path_samplers.hpp"

namespace espalier::runtime {

/// How the learning rate falls.
enum class rate_decay : std::uint8_t {
  cosine,      ///< To 0, along half a cosine.
  linear,      ///< To 0.
  exponential, ///< To a twentieth, where it stays (BigNAS; Yu et al., ECCV 2020, section 3.2).
};

/// A part of the training.
struct training_phase {
  double share = 1; ///< Of the epochs of all phases.
  path_sampler paths;
  double learning_rate = 1; ///< A factor; each phase decays on its own.
  /// What is done to the supernet before the first step; may be empty.
  std::function<void(network& supernet)> prepare = {};
};

/// What the training of a sampled supernet is made of.
struct sampled_recipe {
  std::int64_t epochs = 0;
  std::int64_t batch = 0; ///< For which `learning_rate` is: it shrinks in proportion where a step has fewer images.
  double learning_rate = 0;
  rate_decay decay = rate_decay::cosine;
  double warm_up = 0; ///< The share of the steps, the first ones, over which the learning rate rises from 0.
  path_descent::parameters descent = {};
  double label_smoothing = 0;
  network::affine norms = network::affine::yes;
  network::windows smaller_kernels = network::windows::centred;
  bool begins_as_shortcuts = false; ///< The last scale of every residual branch is 0 at first.
  std::vector<training_phase> phases;
};

/// A supernet that was trained.
struct trained_supernet {
  std::shared_ptr<network> supernet;
  double seconds = 0; ///< Of all sessions together.
  int rollbacks = 0;  ///< How often training went back to the beginning of an epoch because the loss jumped.
};

/// Trains the supernet of the context's space, in the context's folder: continues where an interrupted run stopped, bit
/// for bit. Where the loss jumps, it goes back to the beginning of the epoch and draws anew, and says so; where that
/// happens time after time, a `user_error`.
trained_supernet train_supernet(search_context const& context, sampled_recipe const& recipe);

/// Sets the last scale of every residual branch to 0, so that a block is its shortcut (Goyal et al., 2017,
/// section 5.1).
void zero_last_scales(compiler::graph const& expanded, network& supernet);

/// The learning rate at a step of `steps`, of the one at the beginning.
double decayed(rate_decay decay, double warm_up, std::int64_t step, std::int64_t steps);

} // namespace espalier::runtime
