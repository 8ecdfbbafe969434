#include "operations.hpp"

#include <espalier/compiler/error.hpp>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using at::TensorList;

// Of one tensor, without numbers.
template <Tensor (*Function)(Tensor const&)>
kernel elementwise(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return Function(x[0]); };
}

Tensor gelu(Tensor const& x) {
  return torch::gelu(x);
}

Tensor flatten(Tensor const& x) {
  return x.flatten(1);
}

constexpr double epsilon = 1e-5;
constexpr double momentum = 0.1;

// Held: scale and shift, where there are any, then mean, variance and the number of batches.
kernel batch_norm(typed_operation const& t) {
  std::size_t const first = t.op.attribute("search_only") != 0 ? 0 : 2;
  return [first](TensorList x, TensorList held, mode m) {
    auto const scale = first == 0 ? Tensor{} : held[0];
    auto const shift = first == 0 ? Tensor{} : held[1];
    double share = momentum;
    if (m != mode::evaluating) {
      auto count = held[first + 2];
      count.add_(1);
      if (m == mode::calibrating)
        share = 1 / count.item<double>();
    }
    return torch::batch_norm(x[0], scale, shift, held[first], held[first + 1], m != mode::evaluating, share, epsilon,
                             at::globalContext().userEnabledCuDNN());
  };
}

kernel layer_norm(typed_operation const& t) {
  return [features = t.operands.front().channels](TensorList x, TensorList held, mode) {
    return torch::layer_norm(x[0], {features}, held[0], held[1], epsilon);
  };
}

kernel none(typed_operation const& t) {
  auto const& in = t.operands.front();
  std::int64_t const stride = t.op.attribute("stride");
  std::int64_t const channels = t.op.attribute("channels") == dsl::inherited ? in.channels : t.op.attribute("channels");
  if (in.kind != dsl::tensor_kind::image)
    return [](TensorList x, TensorList, mode) { return torch::zeros_like(x[0]); };
  if (channels == in.channels)
    return [stride](TensorList x, TensorList, mode) {
      return torch::zeros_like(x[0].slice(2, 0, x[0].size(2), stride).slice(3, 0, x[0].size(3), stride));
    };
  return [stride, channels](TensorList x, TensorList, mode) {
    auto const& in = x[0];
    return in.new_zeros({in.size(0), channels, (in.size(2) + stride - 1) / stride, (in.size(3) + stride - 1) / stride});
  };
}

kernel skip_connect(typed_operation const& t) {
  if (t.op.attribute("stride") > 1)
    throw internal_error("a skip connection that strides is expanded before it runs");
  return [](TensorList x, TensorList, mode) { return x[0]; };
}

kernel global_avg_pool(typed_operation const& t) {
  if (t.operands.front().kind == dsl::tensor_kind::image)
    return [](TensorList x, TensorList, mode) { return x[0].mean({2, 3}); };
  return [](TensorList x, TensorList, mode) { return x[0].mean(1); };
}

kernel linear(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) {
    return torch::linear(x[0], held[0], held.size() > 1 ? held[1] : Tensor{});
  };
}

} // namespace

kernel_makers const& feature_kernels() {
  static kernel_makers const makers{
      {"relu", elementwise<torch::relu>},
      {"relu6", elementwise<torch::relu6>},
      {"hard_swish", elementwise<torch::hardswish>},
      {"swish", elementwise<torch::silu>},
      {"gelu", elementwise<gelu>},
      {"sigmoid", elementwise<torch::sigmoid>},
      {"tanh", elementwise<torch::tanh>},
      {"batch_norm", batch_norm},
      {"layer_norm", layer_norm},
      {"none", none},
      {"skip_connect", skip_connect},
      {"global_avg_pool", global_avg_pool},
      {"flatten", elementwise<flatten>},
      {"linear", linear},
  };
  return makers;
}

} // namespace espalier::runtime
