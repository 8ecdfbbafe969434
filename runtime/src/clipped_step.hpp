#pragma once

#include <torch/optim/sgd.h>

namespace espalier::runtime {

/// `clip_grad_norm_` of all gradients to `most` and `optimizer.step()`, in two passes over all numbers instead of ten
/// calls for each of thousands of small tensors. Gradients are left as they are.
void clipped_step(torch::optim::SGD& optimizer, double most);

} // namespace espalier::runtime
