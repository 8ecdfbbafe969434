#pragma once

#include <espalier/runtime/dataset.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include <torch/optim/optimizer.h>

namespace espalier::runtime {

/// From `start` to `end` along half a cosine, at step `step` of `steps`.
double cosine(double start, double end, std::int64_t step, std::int64_t steps);

/// Sets the learning rate of every parameter group.
void set_learning_rate(torch::optim::Optimizer& optimizer, double rate);

/// Leaves every parameter without a gradient. What a step then does not use, the optimizer does not touch: `zero_grad`
/// of LibTorch 1.13 would leave zeros, which momentum and weight decay act on.
void drop_gradients(std::vector<at::Tensor> const& parameters);

/// `count` images drawn by the seed; all of them for 0. More than there are is a `user_error`.
dataset random_images(dataset const& data, std::int64_t count, std::uint64_t seed);

/// So many images drawn by the seed, split in halves by it: the first trains weights, the second judges architectures.
std::pair<dataset, dataset> training_halves(dataset const& data, std::int64_t images, std::uint64_t seed);

/// A mean that forgets: what a progress line shows.
class running_mean {
public:
  void add(double x) {
    weight_ = 0.98 * weight_ + 1;
    sum_ = 0.98 * sum_ + x;
  }
  [[nodiscard]] double value() const { return weight_ > 0 ? sum_ / weight_ : 0; }

private:
  double sum_ = 0;
  double weight_ = 0;
};

} // namespace espalier::runtime
