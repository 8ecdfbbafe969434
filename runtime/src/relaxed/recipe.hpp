#pragma once

#include "architecture_parameters.hpp"
#include "cost_term.hpp"

#include <functional>
#include <optional>

namespace espalier::runtime {

/// What a relaxing strategy is made of. The initial values are those of DARTS (Liu, Simonyan, Yang, ICLR 2019, appendix
/// A.1.1).
struct relaxed_recipe {
  std::int64_t epochs = 50;
  double warm_up = 0; ///< The share of the epochs, the first ones, that train weights only.

  std::int64_t batch = 64; ///< For which `learning_rate` is: it shrinks in proportion where a step has fewer images.
  double learning_rate = 0.025;
  double final_learning_rate = 0.001; ///< Behind half a cosine.
  double weight_decay = 3e-4;
  bool nesterov = false;
  double clip = 5;
  double label_smoothing = 0;

  double architecture_learning_rate = 3e-4; ///< Of Adam.
  double first_moment = 0.5;
  double architecture_weight_decay = 1e-3;
  std::int64_t architecture_every = 1; ///< Steps of the weights to one of the architecture parameters.
  bool is_single_level = false; ///< One step of both on the training half; the other half judges, and trains nothing.

  mixing_function mixing = softmax_mixing();
  edge_rule edges = edge_rule::equal;
  int channel_parts = 1; ///< Of which one is mixed: partial channels.
  /// A scalar that joins the loss of the parameters of choices; may be empty.
  std::function<at::Tensor(std::vector<at::Tensor> const& alphas, double progress)> regularizer = {};
  std::function<double(double progress)> skip_dropout = {};
  /// The architecture that probabilities mean, where it is not what `derive` says.
  std::function<compiler::architecture(relaxation const&)> derive = {};

  cost_form cost = cost_form::linear;
  double cost_weight = 0.1;
  bool needs_cost = false; ///< Multiply-adds, where nothing else is asked for.
};

} // namespace espalier::runtime
