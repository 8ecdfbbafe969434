#pragma once

#include <utility>

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace espalier::runtime {

/// Where the mixed sums that read one value add its gradient up, in place of one tensor each that LibTorch would add.
class gathered_gradient final : public torch::autograd::Node {
public:
  /// The value as those that read it shall take it: once and for all.
  static at::Tensor behind(at::Tensor const& value) {
    if (!torch::GradMode::is_enabled() || !value.requires_grad() || of(value) != nullptr)
      return value;
    std::shared_ptr<gathered_gradient> const node{new gathered_gradient, torch::autograd::deleteNode};
    node->set_next_edges(torch::autograd::collect_next_edges(value));
    auto made = value.detach();
    torch::autograd::set_history(made, node);
    return made;
  }

  /// Of a value that `behind` gave; else `nullptr`.
  static std::shared_ptr<gathered_gradient> of(at::Tensor const& value) {
    return std::dynamic_pointer_cast<gathered_gradient>(value.grad_fn());
  }

  /// The sum so far [N, H, W, C], of any content if it was not there before: `true`.
  template <class Make>
  [[nodiscard]] std::pair<at::Tensor, bool> sum(Make make) {
    bool const is_new = !sum_.defined();
    if (is_new)
      sum_ = make();
    return {sum_, is_new};
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    auto const sum = std::exchange(sum_, at::Tensor{});
    if (!sum.defined())
      return std::move(gradients);
    auto image = sum.permute({0, 3, 1, 2});
    if (gradients.front().defined())
      image.add_(gradients.front());
    return {image};
  }
  void release_variables() override { sum_.reset(); }

private:
  at::Tensor sum_;
};

} // namespace espalier::runtime
