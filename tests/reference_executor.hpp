#pragma once

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weights.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <torch/torch.h>

/// Runs the relaxation of an expanded space as the released code of DARTS does: one LibTorch call an operation on
/// images [N, C, H, W] in that order of memory, nothing shared or left out. Every candidate rectifies its own input,
/// `none` is the input times 0, every result is multiplied by its weight. The tensors are those of a network, by their
/// names. With several parts of the channels, choices that keep the channels mix the first one, as in the released code
/// of PC-DARTS: the rest of what an edge reads is pooled where that strides, put behind, and the channels are shuffled,
/// edge by edge; the tensors are those of a network on partial channels.
class reference_executor {
public:
  using graph = espalier::compiler::graph;
  using operation = espalier::compiler::operation;
  using region = espalier::compiler::region;
  using structure = espalier::compiler::structure;

  reference_executor(graph const& expanded, espalier::compiler::decision_space const& space,
                     torch::nn::Module const& network, std::int64_t parts = 1)
      : expanded_(expanded), space_(space), parts_(parts) {
    for (auto const& item : network.named_parameters())
      tensors_[item.key()] = item.value();
    for (auto const& item : network.named_buffers())
      tensors_[item.key()] = item.value();
    resolve(expanded_.body, "");
  }

  /// `weights`: by decision those of its candidates.
  [[nodiscard]] at::Tensor forward(at::Tensor const& x, std::vector<at::Tensor> const& weights,
                                   bool is_training) const {
    return run(expanded_.body, {x.contiguous()}, weights, is_training);
  }

private:
  void resolve(region const& body, std::string const& prefix) {
    for (auto const& op : body.operations)
      resolve(op, body, prefix + op.name());
  }

  void resolve(operation const& op, region const& in, std::string const& path) {
    if (op.form() == structure::block)
      return resolve(op.regions.front(), path + ".");
    if (op.form() == structure::choice) {
      auto const names = espalier::compiler::candidate_names(op);
      for (std::size_t c = 0; c < names.size(); ++c)
        resolve(op.regions[c].operations.front(), op.regions[c], path + "_" + names[c]);
      return;
    }
    if (op.form() != structure::leaf)
      return;
    for (auto const& held : espalier::compiler::held_tensors(op, {in.type_of(op.operands.front())},
                                                             espalier::compiler::tensor_holder::supernet)) {
      auto const found = tensors_.find(held.name.empty() ? path : path + "." + held.name);
      held_[&op].push_back(found == tensors_.end() ? at::Tensor{} : found->second);
    }
  }

  [[nodiscard]] at::Tensor run(region const& body, std::vector<at::Tensor> const& x,
                               std::vector<at::Tensor> const& weights, bool is_training) const {
    std::map<std::string, at::Tensor> known;
    for (std::size_t i = 0; i < x.size(); ++i)
      known[body.arguments[i].name] = x[i];
    for (auto const& op : body.operations) {
      std::vector<at::Tensor> operands;
      for (auto const& operand : op.operands)
        operands.push_back(known.at(operand));
      known[op.name()] = compute(op, operands, weights, is_training);
    }
    return known.at(body.yields.front());
  }

  [[nodiscard]] at::Tensor weight_of(operation const& op, std::size_t i, std::vector<at::Tensor> const& weights) const {
    return weights[static_cast<std::size_t>(space_.find(op.label))][static_cast<std::int64_t>(i)];
  }

  [[nodiscard]] at::Tensor compute(operation const& op, std::vector<at::Tensor> const& x,
                                   std::vector<at::Tensor> const& weights, bool is_training) const {
    switch (op.form()) {
    case structure::block:
      return run(op.regions.front(), x, weights, is_training);
    case structure::choice:
      return parts_ > 1 && op.type().channels == x.front().size(1)
                 ? partially_mixed(op, x.front(), weights, is_training)
                 : mixed(op, x.front(), weights, is_training);
    case structure::select:
    case structure::add: {
      at::Tensor sum;
      bool const is_weighted = op.form() == structure::select && space_.find(op.label) >= 0 &&
                               weights[static_cast<std::size_t>(space_.find(op.label))].defined();
      for (std::size_t i = 0; i < x.size(); ++i) {
        auto const term = is_weighted ? weight_of(op, i, weights) * x[i] : x[i];
        sum = sum.defined() ? sum + term : term;
      }
      return sum;
    }
    case structure::concat:
      return torch::cat(x, 1);
    case structure::leaf:
      return leaf(op, x.front(), is_training);
    default:
      throw std::logic_error("no reference for " + op.name());
    }
  }

  [[nodiscard]] at::Tensor mixed(operation const& op, at::Tensor const& x, std::vector<at::Tensor> const& weights,
                                 bool is_training) const {
    at::Tensor sum;
    for (std::size_t c = 0; c < op.regions.size(); ++c) {
      auto const term = weight_of(op, c, weights) * run(op.regions[c], {x}, weights, is_training);
      sum = sum.defined() ? sum + term : term;
    }
    return sum;
  }

  [[nodiscard]] at::Tensor partially_mixed(operation const& op, at::Tensor const& x,
                                           std::vector<at::Tensor> const& weights, bool is_training) const {
    auto const channels = x.size(1);
    auto const first = mixed(op, x.slice(1, 0, channels / parts_), weights, is_training);
    auto const rest = x.slice(1, channels / parts_);
    auto const both =
        torch::cat({first, first.size(2) == x.size(2) ? rest : torch::max_pool2d(rest, {2, 2}, {2, 2})}, 1);
    return both.view({both.size(0), parts_, channels / parts_, both.size(2), both.size(3)})
        .transpose(1, 2)
        .contiguous()
        .view(both.sizes());
  }

  [[nodiscard]] at::Tensor leaf(operation const& op, at::Tensor const& x, bool is_training) const {
    auto const held = [&](std::size_t i) { return held_.at(&op)[i]; };
    auto const padding = [&](int dilation) { return dilation * (op.attribute("kernel") - 1) / 2; };
    if (op.is("conv"))
      return torch::conv2d(x, held(0), op.attribute("bias") != 0 ? held(1) : at::Tensor{}, op.attribute("stride"),
                           padding(op.attribute("dilation")), op.attribute("dilation"), x.size(1) / held(0).size(1));
    if (op.is("factorized_reduce"))
      return torch::cat({torch::conv2d(x, held(0), {}, 2), torch::conv2d(x.slice(2, 1).slice(3, 1), held(1), {}, 2)},
                        1);
    if (op.is("shortcut")) {
      auto const pooled = op.attribute("stride") == 1 ? x : torch::avg_pool2d(x, op.attribute("stride"));
      return held_.contains(&op) ? torch::conv2d(pooled, held(0)) : pooled;
    }
    if (op.is("batch_norm")) {
      auto const& all = held_.at(&op);
      auto const first = all.size() - 3;
      if (is_training)
        at::Tensor{all[first + 2]}.add_(1);
      return torch::batch_norm(x, first == 2 ? all[0] : at::Tensor{}, first == 2 ? all[1] : at::Tensor{}, all[first],
                               all[first + 1], is_training, 0.1, 1e-5, false);
    }
    if (op.is("max_pool"))
      return torch::max_pool2d(x, op.attribute("kernel"), op.attribute("stride"), padding(1));
    if (op.is("avg_pool"))
      return torch::avg_pool2d(x, op.attribute("kernel"), op.attribute("stride"), padding(1), /*ceil_mode=*/false,
                               /*count_include_pad=*/false);
    if (op.is("none"))
      return (op.attribute("stride") == 1 ? x : x.slice(2, 0, {}, 2).slice(3, 0, {}, 2)).mul(0.0);
    if (op.is("relu"))
      return torch::relu(x);
    if (op.is("skip_connect"))
      return x;
    if (op.is("global_avg_pool"))
      return x.mean({2, 3});
    if (op.is("linear"))
      return torch::linear(x, held(0), held(1));
    throw std::logic_error("no reference for " + op.name());
  }

  graph expanded_;
  espalier::compiler::decision_space const& space_;
  std::int64_t parts_;
  std::map<std::string, at::Tensor> tensors_;
  std::map<operation const*, std::vector<at::Tensor>> held_;
};
