#include "mixing.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

at::Tensor softmax(at::Tensor const& alpha) {
  return alpha.softmax(0);
}

// Standard Gumbel noise, -log(-log(u)).
at::Tensor gumbel_noise(at::Tensor const& like, std::uint64_t seed) {
  auto const u = torch::rand(like.sizes(), make_generator(seed), torch::kFloat64).clamp(1e-20, 1 - 1e-12);
  return (-(-u.log()).log()).to(like.scalar_type());
}

at::Tensor gumbel_softmax(at::Tensor const& alpha, double temperature, std::uint64_t seed) {
  return ((alpha.log_softmax(0) + gumbel_noise(alpha, seed)) / temperature).softmax(0);
}

// One-hot in value, with the gradient of `soft`.
at::Tensor straight_through(at::Tensor const& soft, std::int64_t open) {
  auto hard = torch::zeros_like(soft).detach();
  hard[open] = 1;
  return hard + (soft - soft.detach());
}

// `count` different candidates, drawn one after another by their probabilities.
std::vector<int> drawn(at::Tensor const& probabilities, std::int64_t count, std::uint64_t seed) {
  auto const indices =
      torch::multinomial(probabilities.detach().to(torch::kFloat64), count, false, make_generator(seed));
  std::vector<int> candidates;
  for (std::int64_t i = 0; i < count; ++i)
    candidates.push_back(static_cast<int>(indices[i].item<std::int64_t>()));
  return candidates;
}

mixed_weights one_path(at::Tensor const& alpha, std::uint64_t seed) {
  auto chosen = drawn(alpha.softmax(0), 1, seed);
  auto weights = torch::zeros_like(alpha).detach();
  weights[chosen.front()] = 1;
  return {weights, std::move(chosen)};
}

mixed_weights two_paths(at::Tensor const& alpha, std::uint64_t seed) {
  if (alpha.size(0) < 2)
    return {torch::ones_like(alpha), {}};
  auto chosen = drawn(alpha.softmax(0), 2, seed);
  std::ranges::sort(chosen);
  auto const pair = torch::tensor(std::vector<std::int64_t>(chosen.begin(), chosen.end()));
  auto const of_two = alpha.index_select(0, pair).softmax(0);
  auto const open = drawn(of_two, 1, derive_seed(seed, "gate")).front();
  return {torch::zeros_like(alpha).detach().index_put({pair}, straight_through(of_two, open)), std::move(chosen)};
}

} // namespace

mixing_function softmax_mixing() {
  return {[](at::Tensor const& alpha, mixing_step const&) { return mixed_weights{alpha.softmax(0), {}}; }, softmax};
}

temperature_schedule linear_temperature(double start, double end) {
  return [=](double progress) { return start + (end - start) * progress; };
}

temperature_schedule exponential_temperature(double start, double decay) {
  return [=](double progress) { return start * std::pow(decay, progress); };
}

mixing_function gumbel_softmax_mixing(temperature_schedule temperature) {
  return {[=](at::Tensor const& alpha, mixing_step const& step) {
            return mixed_weights{gumbel_softmax(alpha, temperature(step.progress), step.seed), {}};
          },
          softmax};
}

mixing_function hard_gumbel_mixing(temperature_schedule temperature, bool runs_all) {
  return {[=](at::Tensor const& alpha, mixing_step const& step) {
            auto const soft = gumbel_softmax(alpha, temperature(step.progress), step.seed);
            auto const open = soft.argmax(0).item<std::int64_t>();
            return mixed_weights{straight_through(soft, open),
                                 runs_all ? std::vector<int>{} : std::vector{static_cast<int>(open)}};
          },
          softmax};
}

mixing_function binary_gate_mixing() {
  auto const settle = [](at::Tensor& alpha, at::Tensor const& before, std::vector<int> const& chosen) {
    if (chosen.empty())
      return;
    torch::NoGradGuard const no_gradient;
    auto const pair = torch::tensor(std::vector<std::int64_t>(chosen.begin(), chosen.end()));
    auto const moved = alpha.index_select(0, pair);
    auto const mass = moved.logsumexp(0) - before.index_select(0, pair).logsumexp(0);
    alpha.index_copy_(0, pair, moved - mass);
  };
  return {[](at::Tensor const& alpha, mixing_step const& step) {
            return step.trains_weights ? one_path(alpha, step.seed) : two_paths(alpha, step.seed);
          },
          softmax, settle};
}

mixing_function dirichlet_mixing() {
  auto const concentration = [](at::Tensor const& alpha) { return torch::elu(alpha) + 1; };
  return {[=](at::Tensor const& alpha, mixing_step const& step) {
            auto const gammas = at::_standard_gamma(concentration(alpha), make_generator(step.seed)).clamp_min(1e-20);
            return mixed_weights{gammas / gammas.sum(), {}};
          },
          [=](at::Tensor const& alpha) {
            auto const mean = concentration(alpha);
            return mean / mean.sum();
          }};
}

} // namespace espalier::runtime
