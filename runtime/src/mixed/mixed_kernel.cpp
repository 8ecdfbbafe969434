#include "mixed_kernel.hpp"

#include "compiled_sum.hpp"

#include <espalier/compiler/error.hpp>

#include <torch/csrc/autograd/functions/utils.h>
#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;
using compiler::kernel_library;
using compiler::mixed_sum;

namespace {

template <class T>
struct mixed_backward final : torch::autograd::Node {
  std::shared_ptr<mixed_kernel const> owner;
  compiled_sum<T> const* sum = nullptr;
  saved_forward<T> saved;
  std::size_t before_stages = 0; // gradients

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    if (torch::GradMode::is_enabled())
      throw internal_error("kernels of mixed sums have no second derivative: use a network without them");
    if (saved.kept.empty())
      throw internal_error("a mixed sum is differentiated a second time: keep what it saved with retain_graph");
    torch::NoGradGuard const no_gradient;
    wanted_gradients wanted;
    for (std::size_t i = 0; i < saved.inputs.size(); ++i)
      wanted.of_inputs.push_back(task_should_compute_output(saved.weights.size() + i));
    for (std::size_t i = before_stages; i < num_outputs(); ++i)
      wanted.of_stage_weights = wanted.of_stage_weights || task_should_compute_output(i);
    return sum->backward(saved, gradients.front().permute({0, 2, 3, 1}).contiguous(), wanted);
  }
  void release_variables() override { saved = {}; }
};

} // namespace

template <class T>
Tensor compiled_sum<T>::run(std::vector<std::shared_ptr<shared_input>> const& inputs, std::vector<Tensor> const& others,
                            std::vector<Tensor> const& weights, mode m) const {
  torch::autograd::variable_list all = weights;
  saved_forward<T> saved;
  saved.m = m;
  for (auto const& w : weights) {
    auto const held = w.detach().contiguous();
    saved.weights.emplace_back(held.template data_ptr<T>(), held.template data_ptr<T>() + held.numel());
  }
  for (auto const e : first_edge_) {
    saved.inputs.push_back(inputs[e]);
    all.push_back(inputs[e]->value);
  }
  for (auto const& x : others) {
    saved.others.push_back(x.detach().permute({0, 2, 3, 1}).contiguous());
    all.push_back(x);
  }
  auto const before_stages = all.size();
  all.insert(all.end(), stage_weights_.begin(), stage_weights_.end());
  bool const needs_gradient =
      torch::GradMode::is_enabled() && std::ranges::any_of(all, [](Tensor const& x) { return x.requires_grad(); });
  Tensor out;
  {
    torch::NoGradGuard const no_gradient;
    out = forward(saved).permute({0, 3, 1, 2});
  }
  if (needs_gradient) {
    std::shared_ptr<mixed_backward<T>> const node{new mixed_backward<T>, torch::autograd::deleteNode};
    node->owner = this->shared_from_this();
    node->sum = this;
    node->saved = std::move(saved);
    node->before_stages = before_stages;
    node->set_next_edges(torch::autograd::collect_next_edges(all));
    torch::autograd::set_history(out, node);
  }
  return out;
}

namespace {

template <class T>
std::shared_ptr<mixed_kernel const> make_of(mixed_sum const& sum, std::shared_ptr<kernel_library const> library,
                                            std::shared_ptr<memory_pool> memory, mixed_kernel::held_by const& held) {
  auto made = std::make_shared<compiled_sum<T>>(sum, std::move(library), std::move(memory), held);
  if (made->is_affine())
    return nullptr;
  return made;
}

} // namespace

std::shared_ptr<shared_input> mixed_kernel::share(Tensor const& value) {
  return std::make_shared<shared_input>(value);
}

Tensor const& mixed_kernel::value_of(shared_input const& shared) {
  return shared.value;
}

std::shared_ptr<mixed_kernel const> mixed_kernel::make(mixed_sum const& sum,
                                                       std::shared_ptr<kernel_library const> library,
                                                       std::shared_ptr<memory_pool> memory, held_by const& held) {
  return library->numbers() == kernel_library::precision::single
             ? make_of<float>(sum, std::move(library), std::move(memory), held)
             : make_of<double>(sum, std::move(library), std::move(memory), held);
}

} // namespace espalier::runtime
