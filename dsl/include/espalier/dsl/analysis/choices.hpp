#pragma once

#include <espalier/dsl/analysis.hpp>

namespace espalier::dsl::detail {

constexpr cost_bounds analysis::walk_choice(std::size_t i, flow& state, int& edge_stride, bool is_edge) {
  auto const outer_owner = owner_;
  auto const outer_at = owner_at_;
  if (!space_[i].name.empty() && owner_ == 0)
    owner_ = identity(space_[i].name), owner_at_ = i;
  int stride_after = edge_stride;
  shape joined{};
  option_bounds options;
  bool is_first = true;
  space_.for_each_child(i, [&](std::size_t candidate) {
    flow inside{state.now};
    int stride = edge_stride;
    auto const cost = walk(candidate, inside, stride);
    if (!(is_edge && space_.is(candidate, declaration_of<operations::none>)))
      options.add(cost);
    if (is_first) {
      joined = inside.now, stride_after = stride, is_first = false;
    } else if (adapt(inside.now, joined.kind, rule::candidates_disagree_in_kind, candidate)) {
      require_same(inside.now, joined, rule::candidates_disagree, rule::candidates_disagree_in_size, candidate);
    }
  });
  if (auto const id = shared_id(i); id != 0)
    options.remember(shared_, id);
  owner_ = outer_owner, owner_at_ = outer_at;
  if (is_first)
    return {};
  if (options.count == 0)
    report(rule::only_none_to_choose, 0, space_.children(i), i);
  edge_stride = stride_after;
  state.set(joined);
  return options.best();
}

constexpr cost_bounds analysis::walk_branches(std::size_t i, flow& state, int& edge_stride) {
  bool const concatenates = space_.form(i) == structure::branches && space_[i].attributes[0] == 1;
  bool const is_subset = space_.form(i) == structure::any_of;
  int stride_after = edge_stride;
  shape joined{};
  option_bounds options;
  bool is_first = true;
  space_.for_each_child(i, [&](std::size_t branch) {
    flow inside{state.now};
    int stride = edge_stride;
    options.add(walk(branch, inside, stride));
    if (is_first) {
      joined = inside.now, stride_after = stride, is_first = false;
      return;
    }
    if (!adapt(inside.now, joined.kind, rule::branches_disagree_in_kind, branch))
      return;
    auto wanted = joined;
    if (concatenates)
      wanted.channels = inside.now.channels;
    require_same(inside.now, wanted, rule::branches_disagree, rule::branches_disagree_in_size, branch);
    if (concatenates)
      joined.channels = joined.channels + inside.now.channels;
  });
  if (is_first)
    return {};
  edge_stride = stride_after;
  state.set(joined);
  cost_bounds whole;
  for (int o = 0; o < options.count; ++o)
    whole += options.items[o];
  if (is_subset)
    for (int k = 0; k < 2; ++k)
      whole.least[k] = sum_of_smallest(options, space_[i].attributes[0], k);
  return whole;
}

constexpr long long analysis::sum_of_smallest(option_bounds options, int count, int k) {
  long long sum = 0;
  for (int n = 0; n < count && n < options.count; ++n) {
    int best = n;
    for (int o = n + 1; o < options.count; ++o)
      if (options.items[o].least[k] < options.items[best].least[k])
        best = o;
    auto const smallest = options.items[best];
    options.items[best] = options.items[n];
    options.items[n] = smallest;
    sum += smallest.least[k];
  }
  return sum;
}

constexpr cost_bounds analysis::walk_repeat(std::size_t i, flow& state) {
  auto const count = evaluate_.numbers(i)[0];
  std::size_t const body = space_.first_child(i);
  if (count.low < 0 || (count.is_constant() && count.low < 1))
    report(rule::size_not_positive, count.low, 1, i, "count");
  if (count.high > max_rounds)
    report(rule::number_too_large, count.high, max_rounds, i, "count");
  auto const outer = evaluate_.instance;
  cost_bounds whole;
  for (long long k = 0; k < count.high && k < max_rounds; ++k) {
    evaluate_.instance = mixed(outer, static_cast<std::uint64_t>(k) + 1);
    flow const before = state;
    int stride = 1;
    auto const cost = walk(body, state, stride);
    bool const is_optional = k >= count.low;
    if (is_optional)
      require_same(state.now, before.now, rule::depth_changes_channels, rule::depth_changes_size, body);
    bool const is_settled = state == before; // further rounds see the same shapes
    long long const optional = is_settled ? count.high - (k > count.low ? k : count.low) : is_optional ? 1 : 0;
    long long const certain = is_settled ? (count.low > k ? count.low - k : 0) : is_optional ? 0 : 1;
    auto total = times(cost, certain + optional);
    for (int n = 0; n < 2; ++n)
      total.least[n] = cost.least[n] * certain;
    whole += total;
    if (is_settled)
      break;
  }
  evaluate_.instance = outer;
  return whole;
}

} // namespace espalier::dsl::detail
