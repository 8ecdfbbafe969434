#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// Least validation loss over architecture parameters, at weights of least training loss. Each loss is a scalar,
/// computed anew of the tensors' values of that moment.
struct bilevel_problem {
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> architecture;
  std::function<at::Tensor()> training_loss;
  std::function<at::Tensor()> validation_loss;
};

/// A step of stochastic gradient descent that is taken only to look ahead, as `torch::optim::SGD` would take it: w -
/// rate (momentum * buffer + gradient + weight_decay * w).
struct look_ahead {
  double rate = 0;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
  std::vector<at::Tensor> buffers; ///< Of each weight; undefined before its first step.
};

/// Leaves in the architecture parameters the gradient of the validation loss at the weights as they are (DARTS,
/// equation 7 with xi = 0), and no gradient anywhere else. A parameter that the loss does not read gets none.
void first_order_gradient(bilevel_problem const& problem);

/// The same at the weights behind the step `ahead`, with the second-order term (DARTS, equations 7 and 8): differences
/// of the training loss's architecture gradient at w +- 0.01 / |v| v, where v is the gradient of the validation loss by
/// the weights. The weights end as they began.
void second_order_gradient(bilevel_problem const& problem, look_ahead const& ahead);

/// Moves the weights by the step.
void step_ahead(bilevel_problem const& problem, look_ahead const& ahead);

/// The product of the training loss's mixed second derivative, by architecture and weights, with `v`, by those
/// differences. A weight may have no `v`.
std::vector<at::Tensor> mixed_derivative_times(bilevel_problem const& problem, std::vector<at::Tensor> const& v);

} // namespace espalier::runtime
