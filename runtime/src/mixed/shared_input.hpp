#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace espalier::runtime {

/// What a gradient consists of beside what is added to it at once.
class gradient_share {
public:
  gradient_share() = default;
  virtual ~gradient_share() = default;
  gradient_share(gradient_share const&) = delete;
  gradient_share& operator=(gradient_share const&) = delete;

  /// To a gradient [N, H, W, C].
  virtual void add_to(at::Tensor const& gradient) const = 0;
};

/// Where the mixed sums that read one value add its gradient up, in place of one tensor each that LibTorch would add.
class gathered_gradient final : public torch::autograd::Node {
public:
  /// The sum so far [N, H, W, C], of any content if it was not there before: `true`.
  template <class Make>
  [[nodiscard]] std::pair<at::Tensor, bool> sum(Make make) {
    bool const is_new = !sum_.defined();
    if (is_new)
      sum_ = make();
    return {sum_, is_new};
  }

  /// What is added when all sums are done, by what makes it, and whether it was not there before.
  template <class Share, class Make>
  [[nodiscard]] std::pair<Share&, bool> share(void const* maker, Make make) {
    auto const known =
        std::ranges::find(shares_, maker, &std::pair<void const*, std::unique_ptr<gradient_share>>::first);
    bool const is_new = known == shares_.end();
    auto& found = is_new ? shares_.emplace_back(maker, make()) : *known;
    return {static_cast<Share&>(*found.second), is_new};
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    auto const sum = std::exchange(sum_, at::Tensor{});
    if (!sum.defined())
      return std::move(gradients);
    for (auto const& [maker, share] : std::exchange(shares_, {}))
      share->add_to(sum);
    auto image = sum.permute({0, 3, 1, 2});
    if (gradients.front().defined())
      image.add_(gradients.front());
    return {image};
  }
  void release_variables() override {
    sum_.reset();
    shares_.clear();
  }

private:
  at::Tensor sum_;
  std::vector<std::pair<void const*, std::unique_ptr<gradient_share>>> shares_;
};

/// What mixed sums that read one value share.
struct shared_input {
  at::Tensor value;
  at::Tensor map;                                                      ///< The same [N, H, W, C].
  std::shared_ptr<gathered_gradient> gathered;                         ///< Where it has a gradient.
  std::vector<std::pair<void const*, std::shared_ptr<void>>> pooled{}; ///< By the kernels of the pooling.

  explicit shared_input(at::Tensor const& x) : value(x), map(x.detach().permute({0, 2, 3, 1}).contiguous()) {
    if (!torch::GradMode::is_enabled() || !x.requires_grad())
      return;
    gathered = {new gathered_gradient, torch::autograd::deleteNode};
    gathered->set_next_edges(torch::autograd::collect_next_edges(x));
    value = x.detach();
    torch::autograd::set_history(value, gathered);
  }

  /// What `make` makes at the first call.
  template <class Pooled, class Make>
  Pooled const& pooled_by(void const* kernels, Make make) {
    auto const known = std::ranges::find(pooled, kernels, &std::pair<void const*, std::shared_ptr<void>>::first);
    auto const& found = known == pooled.end() ? pooled.emplace_back(kernels, std::make_shared<Pooled>(make())) : *known;
    return *static_cast<Pooled const*>(found.second.get());
  }
};

} // namespace espalier::runtime
