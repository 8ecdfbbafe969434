#include "architecture_parameters.hpp"

#include "../strategy/derive.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <torch/torch.h>

namespace espalier::runtime {

architecture_parameters::architecture_parameters(compiler::compiled_space const& space, edge_rule edges,
                                                 kept_candidates kept)
    : kept_(std::move(kept)) {
  auto const counts = candidate_counts(space.expanded, space.decisions);
  kept_.resize(space.decisions.size());
  for (std::size_t i = 0; i < space.decisions.size(); ++i) {
    auto const& d = space.decisions[i];
    parameter made;
    if (d.type == compiler::decision::kind::choice)
      made.read_as = reading::candidates;
    else if (!is_weighed_by_choices(space.decisions, d))
      made.read_as = reading::gates;
    else if (edges == edge_rule::normalized)
      made.read_as = reading::edges;
    if (!kept_[i].empty())
      made.kept = torch::tensor(std::vector<std::int64_t>(kept_[i].begin(), kept_[i].end()));
    if (made.read_as != reading::none) {
      auto const count = made.read_as == reading::candidates ? counts[i] : static_cast<std::int64_t>(d.options.size());
      made.values = torch::randn({count}).mul_(1e-3).set_requires_grad(true);
      trainable_.push_back(made.values);
    }
    parameters_.push_back(std::move(made));
  }
}

std::vector<at::Tensor> architecture_parameters::of_choices() const {
  std::vector<at::Tensor> found;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].read_as == reading::candidates)
      found.push_back(of_kept(i));
  return found;
}

at::Tensor architecture_parameters::of_kept(std::size_t i) const {
  auto const& p = parameters_[i];
  return p.kept.defined() ? p.values.index_select(0, p.kept) : p.values;
}

at::Tensor architecture_parameters::spread(std::size_t i, at::Tensor const& weights) const {
  auto const& p = parameters_[i];
  return p.kept.defined() ? torch::zeros_like(p.values).detach().index_put({p.kept}, weights) : weights;
}

at::Tensor architecture_parameters::of_subset(std::size_t i) const {
  auto const& p = parameters_[i];
  return p.read_as == reading::edges ? p.values.softmax(0) : p.values.sigmoid();
}

relaxation architecture_parameters::mix(mixing_function const& mixing, mixing_step const& step) const {
  relaxation made;
  made.weights.resize(parameters_.size());
  made.chosen.resize(parameters_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto const& p = parameters_[i];
    if (p.read_as == reading::none)
      continue;
    if (p.read_as != reading::candidates) {
      made.weights[i] = of_subset(i);
      continue;
    }
    auto own = step;
    own.seed = derive_seed(step.seed, "decision", i);
    auto const mixed = mixing.mix(of_kept(i), own);
    made.weights[i] = spread(i, mixed.weights);
    made.chosen[i] = among_kept(i, mixed.chosen);
  }
  return made;
}

std::vector<int> architecture_parameters::among_kept(std::size_t i, std::vector<int> const& chosen) const {
  auto const& kept = kept_[i];
  if (kept.empty() || chosen.empty())
    return kept.empty() ? chosen : kept;
  std::vector<int> made;
  for (int const c : chosen)
    made.push_back(kept[static_cast<std::size_t>(c)]);
  return made;
}

relaxation architecture_parameters::probabilities(mixing_function const& mixing) const {
  relaxation made;
  made.weights.resize(parameters_.size());
  made.chosen = kept_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto const& p = parameters_[i];
    if (p.read_as == reading::candidates)
      made.weights[i] = spread(i, mixing.probabilities(of_kept(i)));
    else if (p.read_as != reading::none)
      made.weights[i] = of_subset(i);
  }
  return made;
}

void architecture_parameters::settle(mixing_function const& mixing, std::vector<at::Tensor> const& before,
                                     relaxation const& used) {
  if (!mixing.settle)
    return;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].values.defined()) {
      if (parameters_[i].read_as == reading::candidates)
        mixing.settle(parameters_[i].values, before[at], used.chosen[i]);
      ++at;
    }
}

} // namespace espalier::runtime
