#include "optimizers.hpp"

#include <sstream>
#include <type_traits>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

constexpr double momentum = 0.9;
constexpr double second_moment = 0.999;

// What an optimizer calls a parameter: its address, in older versions of LibTorch as text.
template <class Key>
Key key_of(at::Tensor const& parameter) {
  if constexpr (std::is_same_v<Key, std::string>) {
    std::ostringstream address;
    address << parameter.unsafeGetTensorImpl();
    return address.str();
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

} // namespace

torch::optim::SGDOptions sgd_options(relaxed_recipe const& recipe, double learning_rate) {
  return torch::optim::SGDOptions(learning_rate)
      .momentum(momentum)
      .weight_decay(recipe.weight_decay)
      .nesterov(recipe.nesterov);
}

torch::optim::AdamOptions adam_options(relaxed_recipe const& recipe, search_options const& options) {
  return torch::optim::AdamOptions(or_default(options.architecture_learning_rate, recipe.architecture_learning_rate))
      .betas({recipe.first_moment, second_moment})
      .weight_decay(recipe.architecture_weight_decay);
}

look_ahead look_ahead_of(torch::optim::SGD& optimizer) {
  auto& group = optimizer.param_groups().front();
  auto const& options = static_cast<torch::optim::SGDOptions const&>(group.options());
  look_ahead ahead{options.lr(), options.momentum(), options.weight_decay(), options.nesterov(), {}};
  auto& state = optimizer.state();
  using key = typename std::decay_t<decltype(state)>::key_type;
  for (auto const& p : group.params()) {
    auto const found = state.find(key_of<key>(p));
    ahead.buffers.push_back(found == state.end()
                                ? at::Tensor{}
                                : static_cast<torch::optim::SGDParamState const&>(*found->second).momentum_buffer());
  }
  return ahead;
}

} // namespace espalier::runtime
