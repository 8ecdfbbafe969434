#pragma once

#include "bilevel.hpp"
#include "recipe.hpp"

#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

namespace espalier::runtime {

/// Of the weights.
torch::optim::SGDOptions sgd_options(relaxed_recipe const& recipe, double learning_rate);

/// Of the architecture parameters.
torch::optim::AdamOptions adam_options(relaxed_recipe const& recipe, search_options const& options);

/// The step that an optimizer of one parameter group would take next.
look_ahead look_ahead_of(torch::optim::SGD& optimizer);

} // namespace espalier::runtime
