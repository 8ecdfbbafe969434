#include "path_descent.hpp"

#include "../checkpoint.hpp"
#include "../plain_descent.hpp"

#include <algorithm>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using at::Tensor;

namespace {

// Adds a gradient where it belongs.
void add_to(Tensor const& sum, tensor_cut const& cut, Tensor const& gradient) {
  auto const part = cut.of(sum);
  part.add_(gradient);
  cut.put(part, sum);
}

void mark(Tensor const& used, tensor_cut const& cut) {
  auto const part = cut.of(used);
  part.fill_(true);
  cut.put(part, used);
}

} // namespace

path_descent::path_descent(network& supernet, parameters numbers)
    : parameters_(supernet.parameters()), numbers_(numbers) {}

std::vector<path_descent::change> path_descent::changes_of(std::span<sampled_path const> paths) const {
  std::vector<change> changes;
  std::map<at::TensorImpl const*, std::vector<bound_tensor const*>> uses;
  for (auto const& path : paths)
    for (auto const& t : path.tensors())
      if (t.part.defined() && t.part.grad().defined())
        uses[t.whole.unsafeGetTensorImpl()].push_back(&t);
  for (auto const& whole : parameters_) {
    auto const found = uses.find(whole.unsafeGetTensorImpl());
    if (found == uses.end())
      continue;
    auto const& all = found->second;
    auto const& first = *all.front();
    if (std::ranges::all_of(all, [&](auto const* t) { return t->cut.is_same(first.cut); })) {
      auto gradient = first.part.grad();
      for (std::size_t i = 1; i < all.size(); ++i)
        gradient = gradient + all[i]->part.grad();
      changes.push_back({whole, &first.cut, first.part, gradient, {}});
      continue;
    }
    static tensor_cut const all_of_it;
    change sum{whole, &all_of_it, whole, torch::zeros_like(whole), {}};
    if (std::ranges::none_of(all, [](auto const* t) { return t->cut.is_whole(); }))
      sum.used = torch::zeros(whole.sizes(), torch::kBool);
    for (auto const* const t : all) {
      add_to(sum.gradient, t->cut, t->part.grad());
      if (sum.used.defined())
        mark(sum.used, t->cut);
    }
    changes.push_back(std::move(sum));
  }
  return changes;
}

void path_descent::clip(std::vector<change> const& changes) const {
  if (numbers_.clip_value > 0)
    for (auto const& c : changes)
      c.gradient.clamp_(-numbers_.clip_value, numbers_.clip_value);
  if (numbers_.clip_norm > 0) {
    std::vector<Tensor> norms;
    for (auto const& c : changes)
      norms.push_back(c.gradient.norm());
    auto const norm = torch::stack(norms).norm().item<double>();
    if (norm > numbers_.clip_norm)
      for (auto const& c : changes)
        c.gradient.mul_(numbers_.clip_norm / (norm + 1e-6));
  }
}

Tensor& path_descent::momentum_of(Tensor const& whole) {
  auto& known = momentum_[whole.unsafeGetTensorImpl()];
  if (!known.defined())
    known = torch::zeros_like(whole);
  return known;
}

void path_descent::move(change const& c, double learning_rate) {
  auto const decay = numbers_.decays_vectors || c.whole.dim() > 1 ? numbers_.weight_decay : 0;
  auto const is_plain = [](Tensor const& x) { return x.scalar_type() == torch::kFloat32 && x.is_contiguous(); };
  if (numbers_.momentum > 0 && c.cut->is_whole() && !c.used.defined() && c.whole.is_cpu() && is_plain(c.part) &&
      is_plain(c.gradient)) {
    descend(c.part.data_ptr<float>(), momentum_of(c.whole).data_ptr<float>(), c.gradient.data_ptr<float>(),
            c.part.numel(),
            {.momentum = static_cast<float>(numbers_.momentum),
             .weight_decay = static_cast<float>(decay),
             .learning_rate = static_cast<float>(learning_rate),
             .nesterov = numbers_.nesterov});
    return;
  }
  auto const weights = c.part.detach();
  auto step = decay > 0 ? c.gradient.add(weights, decay) : c.gradient;
  if (numbers_.momentum > 0) {
    auto const& whole_momentum = momentum_of(c.whole);
    auto const velocity = c.cut->of(whole_momentum);
    if (c.used.defined())
      velocity.copy_(torch::where(c.used, velocity * numbers_.momentum + step, velocity));
    else
      velocity.mul_(numbers_.momentum).add_(step);
    c.cut->put(velocity, whole_momentum);
    step = numbers_.nesterov ? step.add(velocity, numbers_.momentum) : velocity;
  }
  if (c.used.defined())
    step = torch::where(c.used, step, torch::zeros_like(step));
  weights.add_(step, -learning_rate);
  c.cut->put(weights, c.whole);
}

void path_descent::step(std::span<sampled_path const> paths, double learning_rate) {
  torch::NoGradGuard const no_gradient;
  auto const changes = changes_of(paths);
  if (changes.empty())
    return;
  clip(changes);
  for (auto const& c : changes)
    move(c, learning_rate);
}

void path_descent::save(torch::serialize::OutputArchive& archive) const {
  std::int64_t i = 0;
  for (auto const& whole : parameters_) {
    if (auto const known = momentum_.find(whole.unsafeGetTensorImpl()); known != momentum_.end())
      archive.write(fmt::format("momentum{}", i), known->second);
    ++i;
  }
}

void path_descent::load(torch::serialize::InputArchive& archive) {
  momentum_.clear();
  std::int64_t i = 0;
  for (auto const& whole : parameters_) {
    if (Tensor known; archive.try_read(fmt::format("momentum{}", i), known))
      momentum_[whole.unsafeGetTensorImpl()] = known;
    ++i;
  }
}

} // namespace espalier::runtime
