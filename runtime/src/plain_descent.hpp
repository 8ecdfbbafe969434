#pragma once

#include <cstdint>

namespace espalier::runtime {

/// A step of stochastic gradient descent.
struct descent_numbers {
  float momentum;
  float weight_decay;
  float learning_rate;
  float gradient_scale = 1;
  bool nesterov = false;
};

/// That step for numbers that lie side by side, in one pass.
[[gnu::optimize("O3")]] inline void descend(float* __restrict weights, float* __restrict velocity,
                                            float const* __restrict gradient, std::int64_t count,
                                            descent_numbers const& n) {
  for (std::int64_t i = 0; i < count; ++i) {
    float const downhill = n.gradient_scale * gradient[i] + n.weight_decay * weights[i];
    velocity[i] = n.momentum * velocity[i] + downhill;
    weights[i] -= n.learning_rate * (n.nesterov ? downhill + n.momentum * velocity[i] : velocity[i]);
  }
}

} // namespace espalier::runtime
