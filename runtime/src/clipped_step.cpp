#include "clipped_step.hpp"

#include "plain_descent.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <type_traits>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using torch::optim::SGD;
using torch::optim::SGDOptions;
using torch::optim::SGDParamState;

bool is_plain(Tensor const& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.is_contiguous();
}

// Whether the loops below know all that LibTorch's would do.
bool is_plain(torch::optim::OptimizerParamGroup const& group) {
  auto const& options = static_cast<SGDOptions const&>(group.options());
  return options.momentum() != 0 && options.dampening() == 0 && !options.nesterov() &&
         std::ranges::all_of(group.params(), [](Tensor const& p) {
           return is_plain(p) && (!p.grad().defined() || is_plain(p.grad()));
         });
}

// LibTorch 1 names a parameter's state by a text, LibTorch 2 by an address.
template <class States>
auto& state_of(States& all, Tensor const& p) {
  if constexpr (std::is_same_v<typename States::key_type, std::string>)
    return all[c10::guts::to_string(p.unsafeGetTensorImpl())];
  else
    return all[p.unsafeGetTensorImpl()];
}

[[gnu::optimize("O3")]] double square_of(Tensor const& gradient) {
  auto const* const g = gradient.data_ptr<float>();
  auto const count = gradient.numel();
  constexpr std::int64_t width = 8;
  double sums[width] = {};
  auto const whole = count / width * width;
  for (std::int64_t i = 0; i < whole; i += width)
    for (std::int64_t j = 0; j < width; ++j)
      sums[j] += static_cast<double>(g[i + j]) * static_cast<double>(g[i + j]);
  for (auto i = whole; i < count; ++i)
    sums[0] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return std::accumulate(sums, sums + width, 0.0);
}

void move(Tensor const& p, SGDParamState& state, SGDOptions const& options, double scale) {
  if (!state.momentum_buffer().defined())
    state.momentum_buffer(torch::zeros_like(p));
  descend(p.data_ptr<float>(), state.momentum_buffer().data_ptr<float>(), p.grad().data_ptr<float>(), p.numel(),
          {.momentum = static_cast<float>(options.momentum()),
           .weight_decay = static_cast<float>(options.weight_decay()),
           .learning_rate = static_cast<float>(options.lr()),
           .gradient_scale = static_cast<float>(scale)});
}

} // namespace

void clipped_step(SGD& optimizer, double most) {
  torch::NoGradGuard const no_gradient;
  auto& groups = optimizer.param_groups();
  if (!std::ranges::all_of(groups, [](auto const& group) { return is_plain(group); })) {
    std::vector<Tensor> all;
    for (auto const& group : groups)
      all.insert(all.end(), group.params().begin(), group.params().end());
    torch::nn::utils::clip_grad_norm_(all, most);
    optimizer.step();
    return;
  }
  double squares = 0;
  for (auto const& group : groups)
    for (auto const& p : group.params())
      squares += p.grad().defined() ? square_of(p.grad()) : 0;
  auto const scale = std::min(1.0, most / (std::sqrt(squares) + 1e-6));
  for (auto const& group : groups)
    for (auto const& p : group.params())
      if (p.grad().defined()) {
        auto& state = state_of(optimizer.state(), p);
        if (state == nullptr)
          state = std::make_unique<SGDParamState>();
        move(p, static_cast<SGDParamState&>(*state), static_cast<SGDOptions const&>(group.options()), scale);
      }
}

} // namespace espalier::runtime
