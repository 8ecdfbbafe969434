#pragma once

#include "feature_set.hpp"

#include <espalier/compiler/random.hpp>

#include <array>
#include <cstddef>
#include <span>

#include <Eigen/Core>

namespace espalier::runtime {

/// A multilayer perceptron from features to one number: two hidden layers of rectified units.
class perceptron {
public:
  using batch = std::span<feature_set const* const>;
  /// By layer [outputs, inputs + 1], of which the last column is the bias.
  using tensors = std::array<Eigen::MatrixXf, 3>;

  /// What the units of a batch hold [units, batch], and what comes out.
  struct activations {
    Eigen::MatrixXf first;
    Eigen::MatrixXf second;
    Eigen::RowVectorXf output;
  };

  /// Its weights are uniform, with the variance of Glorot and Bengio (AISTATS 2010, equation 16), and the biases 0.
  perceptron(std::size_t features, Eigen::Index units, compiler::random_generator& random);

  [[nodiscard]] tensors& weights() { return weights_; }

  [[nodiscard]] activations forward(batch inputs) const;
  /// The gradient of a loss by the weights, of which `by_output` is that by the outputs. Lives until the next call.
  tensors const& backward(batch inputs, activations const& made, Eigen::RowVectorXf const& by_output);
  /// A step of Adam (Kingma and Ba, ICLR 2015, algorithm 1) along the last gradient.
  void descend(float rate);

private:
  tensors weights_;
  tensors gradients_;
  tensors means_;   // of the gradients
  tensors squares_; // their mean squares
  int steps_ = 0;
};

} // namespace espalier::runtime
