#include "operations.hpp"

#include <espalier/compiler/error.hpp>

#include <array>
#include <cmath>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

kernel make_kernel(typed_operation const& t) {
  for (auto const* family : {&image_kernels(), &feature_kernels(), &sequence_kernels(), &join_kernels()})
    if (auto const found = family->find(t.op.declaration->name); found != family->end())
      return found->second(t);
  throw internal_error(fmt::format("the runtime has no kernel for {}", t.op.declaration->name));
}

namespace {

void initialize_bias(at::Tensor& tensor, at::Tensor const& weight) {
  auto const fan_in = std::get<0>(torch::nn::init::_calculate_fan_in_and_fan_out(weight));
  double const bound = 1 / std::sqrt(static_cast<double>(fan_in));
  torch::nn::init::uniform_(tensor, -bound, bound);
}

void initialize_by_features(at::Tensor& tensor, compiler::tensor_dimension const& gates) {
  double const bound = 1 / std::sqrt(static_cast<double>(gates.size / gates.parts));
  torch::nn::init::uniform_(tensor, -bound, bound);
}

} // namespace

void initialize(at::Tensor tensor, compiler::held_tensor const& held, at::Tensor const& weight) {
  using enum compiler::initial_values;
  torch::NoGradGuard const no_gradient;
  switch (held.initial) {
  case zeros:
    tensor.zero_();
    break;
  case ones:
    tensor.fill_(1);
    break;
  case normal:
    tensor.normal_(0, 1);
    break;
  case small_normal:
    tensor.normal_(0, 0.02);
    break;
  case fan_in: // the bound of LibTorch's convolutions and linear layers
    torch::nn::init::kaiming_uniform_(tensor, std::sqrt(5.0));
    break;
  case fan_in_of_weight:
    initialize_bias(tensor, weight);
    break;
  case state_features:
    initialize_by_features(tensor, held.dimensions.front());
    break;
  }
}

} // namespace espalier::runtime
