#include "derive.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

// Of each option the strongest that hangs on it, times its own weight.
std::vector<double> subset_strengths(compiler::decision_space const& space, compiler::decision const& subset,
                                     std::vector<double> const& strength, at::Tensor const& own) {
  std::vector<double> made;
  for (std::size_t o = 0; o < subset.options.size(); ++o) {
    std::optional<double> strongest;
    for (int const child : subset.children)
      if (auto const c = static_cast<std::size_t>(child); space[c].hangs_on(o))
        strongest = std::max(strongest.value_or(0), strength[c]);
    made.push_back(strongest.value_or(1) * (own.defined() ? own[static_cast<std::int64_t>(o)].item<double>() : 1));
  }
  return made;
}

// Of the combinations that a constraint allows the one whose weights have the largest product, the first of equals.
void keep_constraints(compiler::decision_space const& space, relaxation const& weights, compiler::architecture& a) {
  for (auto const& group : space.groups()) {
    double largest = -1;
    for (auto const& values : group.allowed) {
      double product = 1;
      for (std::size_t k = 0; k < values.size(); ++k) {
        auto const i = static_cast<std::size_t>(group.decisions[k]);
        product *= weights.weights[i][weight_of_option(space[i], values[k])].item<double>();
      }
      if (product <= largest)
        continue;
      largest = product;
      for (std::size_t k = 0; k < values.size(); ++k)
        a.values[static_cast<std::size_t>(group.decisions[k])] = values[k];
    }
  }
}

} // namespace

bool is_weighed_by_choices(compiler::decision_space const& space, compiler::decision const& subset) {
  for (std::size_t o = 0; o < subset.options.size(); ++o)
    if (std::ranges::none_of(subset.children, [&](int c) { return space[static_cast<std::size_t>(c)].hangs_on(o); }))
      return false;
  return true;
}

compiler::architecture derive(compiler::decision_space const& space, relaxation const& weights) {
  compiler::architecture a{std::vector<std::uint32_t>(space.size(), 0)};
  std::vector<double> strength(space.size(), 0);
  for (std::size_t i = space.size(); i-- > 0;) { // children first: an edge's strength decides the subset it is in
    auto const& d = space[i];
    std::vector<double> options(d.options.size(), 0);
    if (d.type == compiler::decision::kind::choice) {
      auto const w = weights.weights[i].to(torch::kFloat64).contiguous();
      for (std::size_t o = 0; o < options.size(); ++o)
        options[o] = w.data_ptr<double>()[weight_of_option(d, o)];
    } else {
      options = subset_strengths(space, d, strength, weights.weights[i]);
    }
    std::vector<std::uint32_t> order(options.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, [&](auto x, auto y) { return options[x] > options[y]; });
    strength[i] = options[order.front()];
    if (d.type == compiler::decision::kind::choice)
      a.values[i] = order.front();
    else
      for (std::size_t k = 0; k < static_cast<std::size_t>(d.most); ++k)
        if (k < static_cast<std::size_t>(d.least) || is_weighed_by_choices(space, d) || options[order[k]] > 0.5)
          a.values[i] |= 1U << order[k];
  }
  keep_constraints(space, weights, a);
  auto const active = compiler::active_decisions(space, a);
  for (std::size_t i = 0; i < a.values.size(); ++i)
    if (!active[i])
      a.values[i] = 0;
  return a;
}

} // namespace espalier::runtime
