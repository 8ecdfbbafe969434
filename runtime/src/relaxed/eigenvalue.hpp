#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// The eigenvalue of largest magnitude of the Hessian of a loss by some parameters, by power iteration from a random
/// direction; products with the Hessian are central differences of `gradient`, which is of the loss at the parameters'
/// values of that moment (undefined for a parameter that the loss does not read). At most `iterations`, fewer once it
/// moves by less than a hundredth. The parameters end as they began.
double dominant_eigenvalue(std::vector<at::Tensor> const& parameters,
                           std::function<std::vector<at::Tensor>()> const& gradient, int iterations,
                           std::uint64_t seed);

} // namespace espalier::runtime
