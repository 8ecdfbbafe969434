#include "operations.hpp"

#include <algorithm>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using at::TensorList;

// Where a tensor of this kind has its channels.
std::int64_t channel_dimension(typed_operation const& t) {
  auto const kind = t.operands.front().kind;
  return kind == dsl::tensor_kind::sequence || kind == dsl::tensor_kind::tokens ? 2 : 1;
}

kernel add(typed_operation const&) {
  return [](TensorList x, TensorList, mode) {
    auto sum = x[0];
    for (auto const& term : x.slice(1))
      sum = sum + term;
    return sum;
  };
}

kernel concat(typed_operation const& t) {
  return [dimension = channel_dimension(t)](TensorList x, TensorList, mode) { return torch::cat(x, dimension); };
}

// Relaxed, an operand that is not chosen is zero. What is read where nothing else is lies where the others do.
kernel select(typed_operation const& t) {
  if (t.op.attribute("join") != 1)
    return add(t);
  if (t.op.attribute("otherwise") != 1)
    return concat(t);
  return [dimension = channel_dimension(t)](TensorList x, TensorList, mode) {
    auto const others = torch::cat(x.slice(1), dimension);
    auto const common = std::min(others.size(dimension), x[0].size(dimension));
    auto const& wider = others.size(dimension) > common ? others : x[0];
    auto const sum = others.narrow(dimension, 0, common) + x[0].narrow(dimension, 0, common);
    return torch::cat({sum, wider.narrow(dimension, common, wider.size(dimension) - common)}, dimension);
  };
}

kernel average(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return torch::stack(x).mean(0); };
}

kernel weighted_sum(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) {
    auto const weights = torch::sigmoid(held[0]).unbind();
    auto sum = x[0] * weights[0];
    for (std::size_t i = 1; i < x.size(); ++i)
      sum = sum + x[i] * weights[i];
    return sum;
  };
}

kernel highway(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return torch::lerp(x[0], x[2], torch::sigmoid(x[1])); };
}

kernel chunk(typed_operation const& t) {
  return [parts = t.op.attribute("parts"), part = t.op.attribute("part"), dimension = channel_dimension(t)](
             TensorList x, TensorList, mode) { return x[0].chunk(parts, dimension)[static_cast<std::size_t>(part)]; };
}

// The first channels.
kernel truncate(typed_operation const& t) {
  return [channels = t.op.attribute("channels"), dimension = channel_dimension(t)](TensorList x, TensorList, mode) {
    return x[0].narrow(dimension, 0, channels);
  };
}

} // namespace

kernel_makers const& join_kernels() {
  static kernel_makers const makers{
      {"add", add},         {"concat", concat},   {"select", select},
      {"pick", add},        {"average", average}, {"weighted_sum", weighted_sum},
      {"highway", highway}, {"chunk", chunk},     {"truncate", truncate},
  };
  return makers;
}

} // namespace espalier::runtime
