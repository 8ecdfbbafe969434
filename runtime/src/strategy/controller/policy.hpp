#pragma once

#include "decision_order.hpp"
#include "open_options.hpp"

#include <espalier/compiler/sample.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace torch::serialize {
class InputArchive;
class OutputArchive;
} // namespace torch::serialize

namespace espalier::runtime {

/// A distribution over the architectures of a space: a recurrent network (LSTM) that makes one decision after the
/// other, each given those before it (Zoph and Le, ICLR 2017, section 3.1).
///
/// A step reads an embedding of the choice before it. A choice is drawn from a softmax over the options that are open;
/// a subset option by option, each with the sigmoid of its score. Where the options are earlier layers, option j of
/// layer i scores v^T tanh(W_prev h_j + W_curr h_i) (section 3.3), and the next step reads the mean of the
/// chosen h_j. Decisions that do not exist are no steps. Every architecture of the space has a probability above 0, and
/// nothing else has one.
class policy {
public:
  struct parameters {
    std::int64_t hidden = 35;    ///< Units of a layer.
    int layers = 2;              ///< Of the recurrent network.
    double initial_range = 0.08; ///< Weights begin uniform between minus and plus this.
    double temperature = 1;      ///< Scores are divided by it,
    double tanh_constant = 0;    ///< and unless this is 0, s becomes this * tanh(s) (Bello et al., ICLR 2017).
    double skip_target = 0.4;    ///< The probability of an earlier layer from which `skip_divergence` is measured.
  };

  /// The space must outlive it. The seed says the weights.
  policy(compiler::compiled_space const& space, parameters const& numbers, std::uint64_t seed);

  /// What the policy says of a batch of architectures, each a tensor of float [batch].
  struct judgement {
    at::Tensor log_probability;
    at::Tensor entropy; ///< Of the decisions that were made, each given those before it; in nats.
    /// The mean over skip decisions of the Kullback-Leibler divergence from `skip_target`, summed over the earlier
    /// layers (ENAS; Pham et al., ICML 2018, section 2.3); 0 where there are none.
    at::Tensor skip_divergence;
  };
  /// With gradients to `weights`. The architectures are of the space, and within the depth limit or longer.
  [[nodiscard]] judgement judge(std::span<compiler::architecture const> batch, depth_limit depth = any_depth) const;

  /// An architecture with the logarithm of its probability.
  struct drawn {
    compiler::architecture a;
    float log_probability;
  };
  /// Independent draws, without gradients. The same generator draws the same.
  [[nodiscard]] std::vector<drawn> draw(std::size_t count, compiler::random_generator& random,
                                        depth_limit depth = any_depth) const;
  /// The same given a limit, by rejection; what 100 times as many draws do not find is uniform within the limit.
  [[nodiscard]] std::vector<drawn> draw(std::size_t count, compiler::random_generator& random,
                                        compiler::constraint const& limit, depth_limit depth = any_depth) const;

  /// Whether any decision is among earlier layers.
  [[nodiscard]] bool has_skips() const { return skip_.defined(); }
  /// What is learned.
  [[nodiscard]] std::vector<at::Tensor> const& weights() const { return weights_; }
  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

private:
  class episode;

  at::Tensor made(at::IntArrayRef sizes, at::Generator& random);

  compiler::decision_space const& space_;
  parameters numbers_;
  std::vector<decision_step> steps_;
  std::vector<char> is_anchor_; // by step: whether another one reads its hidden state
  open_options open_;

  std::vector<at::Tensor> weights_;
  std::vector<std::int64_t> option_counts_; // by decision
  at::Tensor start_;                        // [1, hidden], what the first step reads
  at::Tensor embeddings_;                   // [options of all decisions, hidden]
  at::Tensor score_weights_;                // the same sizes
  at::Tensor score_biases_;                 // [options of all decisions]
  struct lstm_layer {
    at::Tensor of_input;  // [4 hidden, hidden]
    at::Tensor of_hidden; // the same sizes
    at::Tensor bias;      // [4 hidden]
  };
  std::vector<lstm_layer> layers_;
  at::Tensor earlier_; // [hidden, hidden], W_prev
  at::Tensor current_; // the same sizes, W_curr
  at::Tensor skip_;    // [hidden, 1], v
};

} // namespace espalier::runtime
