#pragma once

#include <torch/torch.h>

#include "../../../runtime/src/clipped_step.hpp"
#include "../../../runtime/src/relaxed/bilevel.hpp"
#include "../../reference_executor.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/relaxed_kernels.hpp>

#include <memory>
#include <optional>

/// A supernet, on a part of the channels or on all, and its kernels.
struct supernet {
  explicit supernet(espalier::dsl::space_view declared, int channel_parts = 1)
      : space(espalier::compiler::lower(declared)), parts(channel_parts),
        graph(espalier::compiler::partial_channels(space.expanded, channel_parts)) {
    espalier::runtime::silent_progress silent;
    kernels = espalier::runtime::kernels_for(graph, silent);
  }

  espalier::compiler::compiled_space space;
  int parts;
  espalier::compiler::graph graph;
  std::shared_ptr<espalier::compiler::kernel_library const> kernels;
};

/// The steps of a search, with its network, batches, architecture parameters and optimizers: as they are computed here,
/// or operation by operation.
class search_step {
public:
  search_step(supernet const& own, bool is_reference, std::int64_t batch)
      : net_(own.graph, own.space.decisions, espalier::runtime::network::affine::no,
             is_reference ? nullptr : own.kernels),
        descent_(net_.parameters(), torch::optim::SGDOptions(rate).momentum(momentum).weight_decay(decay)) {
    if (is_reference)
      reference_.emplace(own.space.expanded, own.space.decisions, net_, own.parts);
    auto counts = espalier::runtime::candidate_counts(own.graph, own.space.decisions);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      auto const& d = own.space.decisions[i];
      if (own.parts > 1 && d.type == espalier::compiler::decision::kind::subset) // weights of edges
        counts[i] = static_cast<std::int64_t>(d.options.size());
      alphas_.push_back(counts[i] > 0 ? torch::randn({counts[i]}).mul_(1e-3).set_requires_grad(true) : at::Tensor{});
      if (counts[i] > 0)
        trainable_.push_back(alphas_.back());
    }
    architecture_descent_.emplace(trainable_, torch::optim::AdamOptions(3e-4).betas({0.5, 0.999}).weight_decay(1e-3));
    for (auto* const b : {&training_, &validation_})
      *b = {torch::randn({batch, 3, 32, 32}), torch::randint(10, {batch})};
  }

  void forward() {
    torch::NoGradGuard const no_gradient;
    loss(training_, false);
  }

  void move_weights() {
    drop(net_.parameters());
    loss(training_, reference_.has_value()).backward();
    if (!reference_)
      return espalier::runtime::clipped_step(descent_, 5.0);
    torch::nn::utils::clip_grad_norm_(net_.parameters(), 5.0);
    descent_.step();
  }

  /// First order. The released code computes the gradients of the weights, too, and of alphas in a weight step.
  void move_alphas() {
    drop(trainable_);
    if (reference_)
      loss(validation_, true).backward();
    else
      espalier::runtime::first_order_gradient(problem());
    architecture_descent_->step();
  }

  void move_alphas_by_second_order() {
    drop(trainable_);
    if (reference_)
      unrolled_gradient();
    else
      espalier::runtime::second_order_gradient(problem(), {rate, momentum, decay, false, {}});
    architecture_descent_->step();
  }

private:
  static constexpr double rate = 0.025;
  static constexpr double momentum = 0.9;
  static constexpr double decay = 3e-4;
  using tensors = std::vector<at::Tensor>;

  struct examples {
    at::Tensor x;
    at::Tensor labels;
  };

  static void drop(tensors const& parameters) {
    for (auto p : parameters)
      p.mutable_grad().reset();
  }

  [[nodiscard]] espalier::runtime::bilevel_problem problem() {
    return {net_.parameters(), trainable_, [this] { return loss(training_, true); },
            [this] { return loss(validation_, true); }};
  }

  at::Tensor loss(examples const& of, bool of_alphas) {
    tensors weights;
    for (auto const& alpha : alphas_)
      weights.push_back(!alpha.defined() ? alpha : of_alphas ? alpha.softmax(0) : alpha.detach().softmax(0));
    auto const logits = reference_ ? reference_->forward(of.x, weights, true) : net_.forward(of.x, {weights});
    return torch::cross_entropy_loss(logits, of.labels);
  }

  // The unrolled step of the released code: all weights as one vector, finite differences by +-0.01 / |v| v.
  void unrolled_gradient() {
    auto const weights = net_.parameters();
    auto const found = torch::autograd::grad({loss(training_, true)}, weights, {}, false, false, true);
    tensors start;
    {
      torch::NoGradGuard const no_gradient;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        start.push_back(weights[i].clone());
        if (found[i].defined())
          weights[i].sub_(found[i].add(weights[i], decay), rate);
      }
    }
    drop(weights);
    loss(validation_, true).backward();
    tensors v;
    for (std::size_t i = 0; i < weights.size(); ++i)
      v.push_back(weights[i].grad().defined() ? weights[i].grad().clone() : torch::zeros_like(weights[i]));
    tensors flat;
    for (auto const& part : v)
      flat.push_back(part.view(-1));
    double const step = 0.01 / torch::cat(flat).norm().item<double>();
    auto const differentiated = [&](double by) {
      {
        torch::NoGradGuard const no_gradient;
        for (std::size_t i = 0; i < weights.size(); ++i)
          weights[i].copy_(start[i]).add_(v[i], by);
      }
      return torch::autograd::grad({loss(training_, true)}, trainable_);
    };
    auto const above = differentiated(step);
    auto const below = differentiated(-step);
    torch::NoGradGuard const no_gradient;
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i].copy_(start[i]);
    for (std::size_t i = 0; i < trainable_.size(); ++i)
      trainable_[i].mutable_grad().sub_((above[i] - below[i]) / (2 * step), rate);
  }

  espalier::runtime::network net_;
  std::optional<reference_executor> reference_;
  torch::optim::SGD descent_;
  tensors alphas_;
  tensors trainable_;
  std::optional<torch::optim::Adam> architecture_descent_;
  examples training_;
  examples validation_;
};
