#include "program.hpp"

#include "weighted/relaxed_step.hpp"

#include <algorithm>
#include <map>
#include <span>

#include <torch/torch.h>

namespace espalier::runtime {

using compiler::structure;

tensor_cut::tensor_cut(at::Tensor const& whole, compiler::tensor_slice const& slice, bool is_statistic)
    : is_statistic_(is_statistic) {
  for (std::size_t i = 0; i < slice.size(); ++i) {
    auto const d = static_cast<std::int64_t>(i);
    auto const& ranges = slice[i];
    if (ranges.size() == 1 && ranges.front().first == 0 && ranges.front().count == whole.size(d))
      continue;
    if (ranges.size() == 1) {
      ranges_.emplace_back(d, ranges.front());
      continue;
    }
    std::vector<at::Tensor> parts;
    for (auto const& range : ranges)
      parts.push_back(torch::arange(range.first, range.first + range.count, torch::kInt64));
    gathers_.emplace_back(d, torch::cat(parts).to(whole.device()));
  }
}

at::Tensor tensor_cut::of(at::Tensor const& whole) const {
  auto part = whole;
  for (auto const& [d, range] : ranges_)
    part = part.narrow(d, range.first, range.count);
  for (auto const& [d, index] : gathers_)
    part = part.index_select(d, index);
  return part;
}

namespace {

// Along the dimensions from the first one on.
void put_gathered(at::Tensor target, std::span<std::pair<std::int64_t, at::Tensor> const> gathers,
                  at::Tensor const& part) {
  auto const& [d, index] = gathers.front();
  if (gathers.size() == 1) {
    target.index_copy_(d, index, part);
    return;
  }
  auto rows = target.index_select(d, index);
  put_gathered(rows, gathers.subspan(1), part);
  target.index_copy_(d, index, rows);
}

} // namespace

void tensor_cut::put(at::Tensor const& part, at::Tensor const& whole) const {
  if (gathers_.empty())
    return;
  torch::NoGradGuard const no_gradient;
  auto target = whole.detach();
  for (auto const& [d, range] : ranges_)
    target = target.narrow(d, range.first, range.count);
  put_gathered(target, gathers_, part);
}

void tensor_cut::put_back(at::Tensor const& part, at::Tensor const& whole) const {
  if (is_statistic_)
    put(part, whole);
}

bool tensor_cut::is_same(tensor_cut const& other) const {
  return ranges_ == other.ranges_ && std::ranges::equal(gathers_, other.gathers_, [](auto const& a, auto const& b) {
           return a.first == b.first && torch::equal(a.second, b.second);
         });
}

namespace {

// The values of a program while it runs, and what sums share of them.
struct frame {
  std::vector<at::Tensor> values;
  std::vector<std::shared_ptr<shared_input>> shared;
};

class evaluation {
public:
  evaluation(relaxation const* weights, mode m, path_noise const& noise) : weights_(weights), mode_(m), noise_(noise) {}

  [[nodiscard]] at::Tensor run(program const& p, std::vector<at::Tensor> values) const {
    values.resize(p.arguments + p.steps.size());
    frame all{std::move(values), {}};
    all.shared.resize(all.values.size());
    return value(p, p.yields, all);
  }

private:
  at::Tensor const& value(program const& p, std::size_t slot, frame& all) const {
    if (!all.values[slot].defined())
      all.values[slot] = compute(p, p.steps[slot - p.arguments], slot, all);
    return all.values[slot];
  }

  // What sums read of a value; everything else reads the same from then on.
  std::shared_ptr<shared_input> const& share(std::size_t slot, frame& all) const {
    if (all.shared[slot] == nullptr) {
      all.shared[slot] = mixed_kernel::share(all.values[slot]);
      all.values[slot] = mixed_kernel::value_of(*all.shared[slot]);
    }
    return all.shared[slot];
  }

  at::Tensor compute(program const& p, step const& s, std::size_t slot, frame& all) const {
    if (s.mixed && weights_ != nullptr)
      if (all.values[slot] = mix(p, s, all); all.values[slot].defined())
        return mixed_kernel::value_of(*share(slot, all));
    auto operands = operands_of(p, s, all);
    disturb(s, operands);
    switch (s.form) {
    case structure::block:
      return run(s.inner.front(), std::move(operands));
    case structure::choice:
      return choose(s, operands);
    case structure::select:
      return s.compute(gated(s, std::move(operands)), {}, mode_);
    case structure::recurrence:
      return recur(s, operands.front());
    default:
      if (s.relaxed)
        return compute_relaxed(s, std::move(operands));
      return s.cuts.empty() ? s.compute(operands, s.held, mode_) : compute_on_parts(s, operands);
    }
  }

  // What a step reads, masked.
  std::vector<at::Tensor> operands_of(program const& p, step const& s, frame& all) const {
    std::vector<at::Tensor> operands;
    for (auto const operand : s.operands)
      operands.push_back(value(p, operand, all));
    for (std::size_t i = 0; s.relaxed && i < s.relaxed->masks.size(); ++i)
      if (auto const& mask = s.relaxed->masks[i])
        operands[i] = masked(operands[i], mask_of(mask));
    return operands;
  }

  [[nodiscard]] at::Tensor const& mask_of(shared_mask const& mask) const {
    auto& known = masks_[mask.get()];
    if (!known.defined())
      known = mask->of(*weights_);
    return known;
  }

  [[nodiscard]] at::Tensor compute_relaxed(step const& s, std::vector<at::Tensor> operands) const {
    auto const& r = *s.relaxed;
    if (!r.forms.empty())
      return sum_of_forms(r, operands.front());
    if (r.held.empty())
      return s.compute(gated(s, std::move(operands)), s.held, mode_);
    auto held = s.held;
    for (std::size_t i = 0; i < r.held.size(); ++i) {
      if (r.operand && r.held[i].operand_channels >= 0) {
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(held[i].dim()), 1);
        sizes[static_cast<std::size_t>(r.held[i].operand_channels)] = -1;
        held[i] = held[i] * mask_of(r.operand).view(sizes);
      }
      if (auto const& windows = r.held[i].windows; windows.defined()) {
        auto const each = r.cases.of(*weights_);
        held[i] = held[i] * torch::tensordot(each, windows.to(each.options().requires_grad(false)), {0}, {0});
      }
    }
    return s.compute(operands, held, mode_);
  }

  // The weighted sum of the narrow forms.
  [[nodiscard]] at::Tensor sum_of_forms(relaxed_step const& r, at::Tensor const& x) const {
    auto const each = r.cases.of(*weights_).unbind();
    at::Tensor sum;
    for (std::size_t f = 0; f < r.forms.size(); ++f) {
      auto const& form = r.forms[f];
      std::vector<at::Tensor> parts;
      for (std::size_t i = 0; i < form.held.size(); ++i)
        parts.push_back(form.cuts[i].of(form.held[i]));
      accumulate(sum, form.makes.placed(form.compute({form.reads.of(x)}, parts, mode_) * each[f]));
    }
    return sum;
  }

  [[nodiscard]] at::Tensor compute_on_parts(step const& s, std::vector<at::Tensor> const& operands) const {
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < s.held.size(); ++i)
      parts.push_back(s.held[i].defined() ? s.cuts[i].of(s.held[i]) : s.held[i]);
    auto result = s.compute(operands, parts, mode_);
    for (std::size_t i = 0; i < s.held.size() && mode_ != mode::evaluating; ++i)
      s.cuts[i].put_back(parts[i], s.held[i]);
    return result;
  }

  // [N, T, in] -> [N, T, features]
  [[nodiscard]] at::Tensor recur(step const& s, at::Tensor const& x) const {
    auto state = x.new_zeros({x.size(0), s.features});
    std::vector<at::Tensor> states;
    for (std::int64_t t = 0; t < x.size(1); ++t) {
      state = run(s.inner.front(), {x.select(1, t), state});
      states.push_back(state);
    }
    return torch::stack(states, 1);
  }

  static void accumulate(at::Tensor& sum, at::Tensor const& term) { sum = sum.defined() ? sum + term : term; }

  [[nodiscard]] at::Tensor choose(step const& s, std::vector<at::Tensor> const& operands) const {
    auto const i = static_cast<std::size_t>(s.decision);
    auto const& weights = weights_->weights[i];
    bool const runs_all = weights_->chosen.empty() || weights_->chosen[i].empty();
    at::Tensor sum;
    program const* none = nullptr;
    for (std::size_t c = 0; c < s.inner.size(); ++c) {
      if (!runs_all && std::ranges::find(weights_->chosen[i], static_cast<int>(c)) == weights_->chosen[i].end())
        continue;
      auto const& candidate = s.inner[c];
      if (candidate.steps.front().is_none) {
        none = &candidate;
        continue;
      }
      auto const result = dropped(candidate.steps.front(), run(candidate, operands));
      accumulate(sum, weights.defined() ? result * weights[static_cast<std::int64_t>(c)] : result);
    }
    return sum.defined() ? sum : run(*none, operands);
  }

  void disturb(step const& s, std::vector<at::Tensor>& operands) const {
    if (mode_ != mode::training)
      return;
    if (s.noise.is_classifier && noise_.dropout > 0)
      operands.front() = torch::dropout(operands.front(), noise_.dropout, true);
    if (auto const rate = noise_.drop_connect * s.noise.depth; s.noise.branch >= 0 && rate > 0) {
      auto& branch = operands[static_cast<std::size_t>(s.noise.branch)];
      std::vector<std::int64_t> sizes(static_cast<std::size_t>(branch.dim()), 1);
      sizes.front() = branch.size(0);
      branch = branch * torch::empty(sizes, branch.options()).bernoulli_(1 - rate).div_(1 - rate);
    }
  }

  [[nodiscard]] at::Tensor dropped(step const& candidate, at::Tensor const& y) const {
    bool const drops = candidate.is_skip && weights_->skip_dropout > 0 && mode_ == mode::training;
    return drops ? torch::dropout(y, weights_->skip_dropout, true) : y;
  }

  // The sum by compiled kernels; undefined where they do not take what there is.
  at::Tensor mix(program const& p, step const& s, frame& all) const {
    std::vector<at::Tensor> inputs;
    for (auto const edge : s.edges)
      inputs.push_back(value(p, p.steps[edge].operands.front(), all));
    if (!s.mixed->takes(inputs) || runs_in_part(p, s))
      return {};
    std::vector<std::shared_ptr<shared_input>> shared;
    for (auto const edge : s.edges)
      shared.push_back(share(p.steps[edge].operands.front(), all));
    auto const weights_of = [&](int decision, std::size_t count) {
      auto const& given = decision < 0 ? at::Tensor{} : weights_->weights[static_cast<std::size_t>(decision)];
      return given.defined() ? given : torch::ones({static_cast<std::int64_t>(count)}, inputs.front().options());
    };
    std::vector<at::Tensor> weights;
    for (auto const edge : s.edges)
      weights.push_back(weights_of(p.steps[edge].decision, p.steps[edge].inner.size()));
    if (s.form == structure::select && s.decision >= 0) {
      auto const gates = weights_of(s.decision, weights.size()).unbind();
      for (std::size_t e = 0; e < weights.size(); ++e)
        weights[e] = weights[e] * gates[e];
    }
    std::vector<at::Tensor> others;
    for (auto const& [edge, candidate] : s.mixed->others())
      others.push_back(run(p.steps[s.edges[edge]].inner[candidate], {mixed_kernel::value_of(*shared[edge])}));
    return s.mixed->run(shared, others, weights, mode_);
  }

  // Whether not all of each candidate of a sum is wanted.
  [[nodiscard]] bool runs_in_part(program const& p, step const& s) const {
    auto const is_chosen = [&](std::size_t edge) {
      auto const decision = p.steps[edge].decision; // -1 of what is no choice
      return decision >= 0 && !weights_->chosen[static_cast<std::size_t>(decision)].empty();
    };
    return (weights_->skip_dropout > 0 && mode_ == mode::training) ||
           (!weights_->chosen.empty() && std::ranges::any_of(s.edges, is_chosen));
  }

  // The operands of a join, each times its weight, at the join's width.
  [[nodiscard]] std::vector<at::Tensor> gated(step const& s, std::vector<at::Tensor> operands) const {
    auto const* const r = s.relaxed.get();
    auto const gates = s.decision < 0 ? at::Tensor{} : weights_->weights[static_cast<std::size_t>(s.decision)];
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (r != nullptr && !r->gates.empty())
        operands[i] = operands[i] * r->gates[i].of(*weights_);
      else if (gates.defined())
        operands[i] = operands[i] * gates[static_cast<std::int64_t>(i)];
      if (r != nullptr && r->channels > 0)
        operands[i] = channel_part{{{0, static_cast<int>(operands[i].size(operands[i].dim() == 4 ? 1 : -1))}},
                                   static_cast<int>(r->channels)}
                          .placed(operands[i]);
    }
    return operands;
  }

  relaxation const* weights_;
  mode mode_;
  path_noise const& noise_;
  mutable std::map<channel_mask const*, at::Tensor> masks_; // that are known by now
};

} // namespace

at::Tensor run(program const& p, std::vector<at::Tensor> arguments, relaxation const* weights, mode m,
               path_noise const& noise) {
  return evaluation{weights, m, noise}.run(p, std::move(arguments));
}

} // namespace espalier::runtime
