#include "perceptron.hpp"

#include <cmath>

namespace espalier::runtime {

namespace {

using Eigen::Index;
using Eigen::MatrixXf;

// Weights without the bias, and the bias.
auto without_bias(MatrixXf const& weights) {
  return weights.leftCols(weights.cols() - 1);
}
auto without_bias(MatrixXf& weights) {
  return weights.leftCols(weights.cols() - 1);
}
auto bias(MatrixXf const& weights) {
  return weights.col(weights.cols() - 1);
}
auto bias(MatrixXf& weights) {
  return weights.col(weights.cols() - 1);
}

} // namespace

perceptron::perceptron(std::size_t features, Index units, compiler::random_generator& random)
    : weights_{MatrixXf::Zero(units, static_cast<Index>(features) + 1), MatrixXf::Zero(units, units + 1),
               MatrixXf::Zero(1, units + 1)},
      gradients_(weights_), means_(weights_), squares_(weights_) {
  for (auto& layer : weights_) {
    auto drawn = without_bias(layer);
    auto const bound = std::sqrt(6.0 / static_cast<double>(drawn.rows() + drawn.cols()));
    for (auto& weight : drawn.reshaped())
      weight = static_cast<float>(bound * (2 * random.uniform() - 1));
  }
}

perceptron::activations perceptron::forward(batch inputs) const {
  auto const& [first, second, last] = weights_;
  activations made;
  made.first = bias(first).replicate(1, static_cast<Index>(inputs.size()));
  for (Index i = 0; i < made.first.cols(); ++i)
    inputs[static_cast<std::size_t>(i)]->for_each(
        [&](std::size_t f) { made.first.col(i) += first.col(static_cast<Index>(f)); });
  made.first = made.first.cwiseMax(0);
  made.second = ((without_bias(second) * made.first).colwise() + bias(second)).cwiseMax(0);
  made.output = (without_bias(last) * made.second).colwise() + bias(last);
  return made;
}

perceptron::tensors const& perceptron::backward(batch inputs, activations const& made,
                                                Eigen::RowVectorXf const& by_output) {
  auto& [first, second, last] = gradients_;
  without_bias(last).noalias() = by_output * made.second.transpose();
  bias(last) = by_output.rowwise().sum();
  MatrixXf const by_second = (made.second.array() > 0).select(without_bias(weights_[2]).transpose() * by_output, 0);
  without_bias(second).noalias() = by_second * made.first.transpose();
  bias(second) = by_second.rowwise().sum();
  MatrixXf const by_first = (made.first.array() > 0).select(without_bias(weights_[1]).transpose() * by_second, 0);
  first.setZero();
  for (Index i = 0; i < by_first.cols(); ++i)
    inputs[static_cast<std::size_t>(i)]->for_each(
        [&](std::size_t f) { first.col(static_cast<Index>(f)) += by_first.col(i); });
  bias(first) = by_first.rowwise().sum();
  return gradients_;
}

void perceptron::descend(float rate) {
  constexpr float mean_decay = 0.9F;
  constexpr float square_decay = 0.999F;
  constexpr float least = 1e-8F;
  auto const steps = static_cast<float>(++steps_);
  auto const unbiased = rate * std::sqrt(1 - std::pow(square_decay, steps)) / (1 - std::pow(mean_decay, steps));
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    means_[l] += (1 - mean_decay) * (gradients_[l] - means_[l]);
    squares_[l] += (1 - square_decay) * (gradients_[l].cwiseAbs2() - squares_[l]);
    weights_[l].array() -= unbiased * means_[l].array() / (squares_[l].array().sqrt() + least);
  }
}

} // namespace espalier::runtime
