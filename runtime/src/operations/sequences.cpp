#include "operations.hpp"

#include <cmath>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using at::TensorList;
using dsl::tensor_kind;

kernel embedding(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) { return torch::embedding(held[0], x[0]); };
}

// Held: its bias, if it has one, then the embedding's weight.
kernel tied_linear(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) {
    return torch::linear(x[0], held.back(), held.size() > 1 ? held[0] : Tensor{});
  };
}

kernel lstm(typed_operation const& t) {
  return [features = t.op.attribute("channels")](TensorList x, TensorList held, mode m) {
    auto const start = x[0].new_zeros({1, x[0].size(0), features});
    return std::get<0>(torch::lstm(x[0], {start, start}, held, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0,
                                   m != mode::evaluating, /*bidirectional=*/false, /*batch_first=*/true));
  };
}

kernel gru(typed_operation const& t) {
  return [features = t.op.attribute("channels")](TensorList x, TensorList held, mode m) {
    auto const start = x[0].new_zeros({1, x[0].size(0), features});
    return std::get<0>(torch::gru(x[0], start, held, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0,
                                  m != mode::evaluating, /*bidirectional=*/false, /*batch_first=*/true));
  };
}

kernel last_step(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return x[0].select(1, -1); };
}

// Scaled dot-product attention (Vaswani et al. 2017, equation 1), all heads at once.
kernel attention(typed_operation const& t) {
  return [heads = t.op.attribute("heads")](TensorList x, TensorList held, mode) {
    auto const n = x[0].size(0), positions = x[0].size(1);
    auto const head_width = held[0].size(0) / heads;
    auto const by_head = [&](std::size_t i) { // [N, heads, T, head_width]
      return torch::linear(x[0], held[i], held[i + 1]).reshape({n, positions, heads, head_width}).transpose(1, 2);
    };
    auto const query = by_head(0), key = by_head(2), value = by_head(4);
    auto const scores = torch::matmul(query, key.transpose(2, 3)) / std::sqrt(static_cast<double>(head_width));
    auto const mixed = torch::matmul(torch::softmax(scores, -1), value).transpose(1, 2);
    return torch::linear(mixed.reshape({n, positions, heads * head_width}), held[6], held[7]);
  };
}

kernel position_embedding(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) { return x[0] + held[0]; };
}

kernel as_image(typed_operation const& t) {
  auto const& in = t.operands.front();
  if (in.kind == tensor_kind::image)
    return [](TensorList x, TensorList, mode) { return x[0]; };
  return [height = in.height, width = in.width](TensorList x, TensorList, mode) {
    return x[0].transpose(1, 2).reshape({x[0].size(0), x[0].size(2), height, width});
  };
}

kernel as_positions(typed_operation const& t) {
  if (t.operands.front().kind != tensor_kind::image)
    return [](TensorList x, TensorList, mode) { return x[0]; };
  return [](TensorList x, TensorList, mode) { return x[0].flatten(2).transpose(1, 2); };
}

} // namespace

kernel_makers const& sequence_kernels() {
  static kernel_makers const makers{
      {"embedding", embedding},
      {"tied_linear", tied_linear},
      {"lstm", lstm},
      {"gru", gru},
      {"last_step", last_step},
      {"attention", attention},
      {"position_embedding", position_embedding},
      {"as_image", as_image},
      {"as_sequence", as_positions},
      {"as_tokens", as_positions},
  };
  return makers;
}

} // namespace espalier::runtime
