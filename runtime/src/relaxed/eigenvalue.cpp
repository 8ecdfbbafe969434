#include "eigenvalue.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <cmath>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

constexpr double step = 1e-2; // of a direction of length 1: above rounding in single precision

// One vector of all.
at::Tensor flat(std::vector<at::Tensor> const& parts, std::vector<at::Tensor> const& like) {
  std::vector<at::Tensor> made;
  for (std::size_t i = 0; i < parts.size(); ++i)
    made.push_back((parts[i].defined() ? parts[i].detach() : torch::zeros_like(like[i])).flatten().to(torch::kFloat64));
  return torch::cat(made);
}

void set(std::vector<at::Tensor> const& parameters, at::Tensor const& values) {
  torch::NoGradGuard const no_gradient;
  std::int64_t first = 0;
  for (auto const& p : parameters) {
    p.copy_(values.narrow(0, first, p.numel()).view(p.sizes()));
    first += p.numel();
  }
}

} // namespace

double dominant_eigenvalue(std::vector<at::Tensor> const& parameters,
                           std::function<std::vector<at::Tensor>()> const& gradient, int iterations,
                           std::uint64_t seed) {
  auto const start = flat(parameters, parameters);
  auto const product = [&](at::Tensor const& direction) {
    set(parameters, start + step * direction);
    auto const above = flat(gradient(), parameters);
    set(parameters, start - step * direction);
    return (above - flat(gradient(), parameters)) / (2 * step);
  };
  auto direction = torch::randn(start.sizes(), make_generator(seed), torch::kFloat64);
  direction /= direction.norm();
  double value = 0;
  for (int i = 0; i < iterations; ++i) {
    auto const next = product(direction);
    auto const before = value;
    value = direction.dot(next).item<double>();
    auto const length = next.norm().item<double>();
    if (length == 0 || std::abs(value - before) < 0.01 * std::abs(value))
      break;
    direction = next / length;
  }
  set(parameters, start);
  return value;
}

} // namespace espalier::runtime
