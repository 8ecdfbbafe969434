#pragma once

#include <espalier/dsl/analysis.hpp>

namespace espalier::dsl::detail {

constexpr cost_bounds analysis::walk_graph_cell(std::size_t i, flow& state) {
  auto const numbers = evaluate_.numbers(i);
  auto const nodes = numbers[1].low;
  auto const edges = numbers[2].low;
  auto const all_edges = (nodes + 2) * (nodes + 1) / 2;
  if (state.now.kind != tensor_kind::image)
    report(rule::wrong_kind, static_cast<int>(state.now.kind), only(tensor_kind::image), i);
  if (!check_nodes(i, nodes, max_nodes - 2))
    return {};
  if (edges < 1 || edges > all_edges)
    report(rule::edges_out_of_range, edges, all_edges, i);
  shape want = state.now;
  want.channels = numbers[0].is(inherited) ? state.now.channels : numbers[0];
  auto const owner = owner_;
  owner_ = identity(space_[i].name), owner_at_ = space_.first_child(i);
  auto whole = times(walk_edge(space_.first_child(i), want, want, 1, true), nodes);
  owner_ = owner;
  whole.least[0] = whole.least[1] = 0;
  estimated_ = true; // a vertex' width depends on all edges
  state.set(want);
  return whole;
}

constexpr cost_bounds analysis::walk_recurrent_cell(std::size_t i, flow& state) {
  auto const numbers = evaluate_.numbers(i);
  if (adapted(only(tensor_kind::sequence), state.now.kind) != tensor_kind::sequence) {
    report(rule::wrong_kind, static_cast<int>(state.now.kind), only(tensor_kind::sequence), i);
    return {};
  }
  quantity const width = numbers[0].is(inherited) ? state.now.channels : numbers[0];
  check_nodes(i, numbers[1].low);
  if (width.low < 1)
    report(rule::size_not_positive, width.low, 1, i, "channels");
  auto const in = state.now;
  state.now.kind = tensor_kind::sequence;
  state.now.channels = width;
  shape const want = state.now;
  std::size_t const root = space_.first_child(i);
  auto const owner = owner_;
  owner_ = identity(space_[i].name), owner_at_ = root;
  walk_edge(root, want, want, 1, false);
  walk_edge(space_.next(root), want, want, 1, false);
  owner_ = owner;
  quantity const weights = (in.channels + width) * (2 * width) + numbers[1] * (width * (2 * width));
  state.set(want);
  return bounds_of({weights, weights * want.positions()});
}

constexpr cost_bounds analysis::walk_skip_chain(std::size_t i, flow& state) {
  auto const numbers = evaluate_.numbers(i);
  auto const layers = numbers[0].low;
  bool const concatenates = numbers[1].is(1);
  auto const every = numbers[2].low;
  if (!check_nodes(i, layers))
    return {};
  std::size_t const body = space_.first_child(i);
  auto const outer = evaluate_.instance;
  auto const owner = owner_;
  owner_ = identity(space_[i].name), owner_at_ = body;
  estimated_ = estimated_ || concatenates;
  cost_bounds whole;
  quantity earlier = 0;
  for (long long k = 0; k < layers; ++k) {
    evaluate_.instance = mixed(mixed(outer, owner_), static_cast<std::uint64_t>(k) + 1);
    flow inside{state.now};
    if (concatenates && k > 0) {
      quantity const all = earlier;
      inside.now.channels = {1, all.high, 1, mixed(owner_, static_cast<std::uint64_t>(k))};
      inside.before = inside.now;
    }
    int stride = 1;
    whole += walk(body, inside, stride);
    if (!concatenates)
      require_same(inside.now, state.now, rule::node_changes_shape, rule::node_changes_shape, body);
    earlier = earlier + inside.now.channels;
    state.set(concatenates ? inside.now : state.now);
    if (every > 0 && (k + 1) % every == 0 && k + 1 < layers) {
      auto const reduced = operations::factorized_reduce{state.now.channels}.infer(state.now);
      if (reduced.problem)
        report(reduced.problem, i);
      else
        state.now.height = reduced.type.height, state.now.width = reduced.type.width;
      auto const reduction = preprocess(state.now, state.now.channels, state.now.height, state.now.width);
      auto others = times(reduction, k + 1); // where a later layer reads them
      others.least[0] = others.least[1] = 0;
      whole += reduction;
      whole += others;
    }
  }
  evaluate_.instance = outer;
  owner_ = owner;
  if (concatenates)
    state.now.channels = {1, earlier.high, 1, mixed(identity(space_[i].name), 99)};
  state.set(state.now);
  return whole;
}

} // namespace espalier::dsl::detail
