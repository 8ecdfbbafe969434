#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// The regularizer of beta-DARTS (Ye et al., CVPR 2022, equation 11): the mean over choices of logsumexp(alpha), a
/// scalar. Its gradient by alpha is softmax(alpha) divided by the number of choices.
at::Tensor beta_decay(std::vector<at::Tensor> const& alphas);

} // namespace espalier::runtime
