#include <espalier/runtime/latency.hpp>

#include "operations/operations.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using compiler::tensor_type;
using dsl::tensor_kind;

constexpr int runs_before = 3;

at::Tensor example(tensor_type const& type) {
  switch (type.kind) {
  case tensor_kind::image:
    return channels_last(torch::randn({1, type.channels, type.height, type.width}));
  case tensor_kind::vector:
    return torch::randn({1, type.channels});
  case tensor_kind::ids:
    return torch::randint(type.channels, {1, type.positions()}, torch::kInt64);
  default:
    return torch::randn({1, type.positions(), type.channels});
  }
}

std::vector<at::Tensor> tensors_of(compiler::operation_shape const& shape) {
  std::vector<at::Tensor> tensors;
  for (auto const& held : compiler::held_tensors(shape.leaf, {shape.input})) {
    std::vector<std::int64_t> sizes;
    for (auto const& dimension : held.dimensions)
      sizes.push_back(dimension.size);
    auto const weight = tensors.empty() ? at::Tensor{} : tensors.back();
    tensors.push_back(torch::empty(sizes));
    initialize(tensors.back(), held, weight);
  }
  if (shape.leaf.is("tied_linear")) // it reads the embedding's
    tensors.push_back(torch::randn({shape.leaf.attribute("channels"), shape.input.channels}));
  return tensors;
}

} // namespace

compiler::timing measure(compiler::operation_shape const& shape, int runs) {
  using clock = std::chrono::steady_clock;
  torch::NoGradGuard no_gradient;
  auto const compute = make_kernel({shape.leaf, {shape.input}});
  auto const held = tensors_of(shape);
  auto const x = example(shape.input);
  std::vector<double> milliseconds;
  for (int run = -runs_before; run < runs; ++run) {
    auto const start = clock::now();
    auto const y = compute({x}, held, mode::evaluating);
    auto const passed = std::chrono::duration<double, std::milli>(clock::now() - start).count();
    if (run >= 0)
      milliseconds.push_back(passed);
  }
  std::ranges::sort(milliseconds);
  return {milliseconds[milliseconds.size() / 2], milliseconds.front(), milliseconds.back(), runs};
}

} // namespace espalier::runtime
