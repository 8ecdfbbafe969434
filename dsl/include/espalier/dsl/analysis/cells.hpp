#pragma once

#include <espalier/dsl/analysis.hpp>

namespace espalier::dsl::detail {

constexpr cost_bounds analysis::walk_cell(std::size_t i, flow& state) {
  auto const numbers = evaluate_.numbers(i);
  cell_shape const c{numbers};
  if (!check_cell(i, c, state))
    return {};
  auto const outer_owner = owner_;
  auto const outer_at = owner_at_;
  owner_ = identity(space_[i].name), owner_at_ = space_.first_child(i);
  cost_bounds preprocessing[2];
  quantity const channels = c.inputs == 1 ? state.now.channels : c.channels;
  shape in = state.now;
  in.kind = tensor_kind::image;
  in.channels = channels;
  shape skip = in; // the first input, where the cell enlarges
  bool const enlarges = c.stride == -2;
  if (enlarges)
    skip.height = state.before.height, skip.width = state.before.width;
  if (c.inputs == 2) {
    auto const& older = enlarges ? skip : in;
    preprocessing[0] = preprocess(state.before, channels, older.height, older.width);
    preprocessing[1] = preprocess(state.now, channels, in.height, in.width);
  }
  shape want = enlarges ? skip : in;
  int const step = enlarges ? 1 : c.stride;
  want.height = divide_rounding_up(want.height, step);
  want.width = divide_rounding_up(want.width, step);
  bool const none_stays = c.keep == 0 || c.picks > 0;
  std::size_t edges[3]{};
  edges_of(i, edges);
  cost_bounds costs[3]; // of edges from the first input, from the second, and from nodes
  costs[0] = walk_edge(edges[0], enlarges ? skip : in, want, enlarges ? 1 : step, none_stays);
  costs[1] =
      c.inputs == 1 || (edges[1] == edges[0] && !enlarges) ? costs[0] : walk_edge(edges[1], in, want, step, none_stays);
  bool const nodes_alike = edges[2] == edges[0] && step == 1 && !enlarges;
  costs[2] = nodes_alike ? costs[0] : walk_edge(edges[2], want, want, 1, none_stays);
  auto whole = c.has_open_wiring() ? wired_cost(i, c, costs, preprocessing) : nodes_cost(c, costs);
  if (!c.has_open_wiring())
    whole += preprocessing[0], whole += preprocessing[1];
  if (c.combines) {
    quantity const weights = c.picks * channels * channels;
    auto projection = bounds_of({weights + 2 * channels, weights * want.height * want.width});
    projection.least[0] = projection.least[1] = 0;
    whole += times(projection, c.nodes);
  }
  owner_ = outer_owner, owner_at_ = outer_at;
  want.channels = output_channels(i, c, channels);
  state.push_cell(want);
  return whole;
}

constexpr bool analysis::check_nodes(std::size_t i, long long nodes, long long most) {
  if (nodes < 1)
    report(rule::size_not_positive, nodes, 1, i, "nodes");
  else if (nodes > most)
    report(rule::number_too_large, nodes, most, i, "nodes");
  return nodes >= 1 && nodes <= most;
}

constexpr bool analysis::check_cell(std::size_t i, cell_shape const& c, flow const& state) {
  for (auto const& s : {state.before, state.now})
    if (!holds(positional_kinds, s.kind)) {
      report(rule::wrong_kind, static_cast<int>(s.kind), positional_kinds, i);
      return false;
    }
  if (c.inputs < 1 || c.inputs > 2) {
    report(rule::cell_inputs_out_of_range, c.inputs, 2, i);
    return false;
  }
  if (!check_nodes(i, c.nodes))
    return false;
  if ((c.stride < 1 && c.stride != -2) || c.picks < 0) {
    report(rule::size_not_positive, c.picks < 0 ? c.picks : c.stride, 1, i, c.picks < 0 ? "picks" : "stride");
    return false;
  }
  if (c.picks > max_nodes) {
    report(rule::number_too_large, c.picks, max_nodes, i, "picks");
    return false;
  }
  if (c.inputs == 2 && c.channels.low < 1)
    report(rule::size_not_positive, c.channels.low, 1, i, "channels");
  if (c.inputs == 1 && !c.channels.is(inherited) && !(c.channels == state.now.channels))
    report(rule::cell_changes_channels, c.channels.low, state.now.channels.low, i);
  if (c.picks == 0 && (c.keep < 0 || c.keep > c.inputs))
    report(rule::keep_out_of_range, c.keep, c.inputs, i);
  if (c.stride > 1 && (state.now.height.low == 1 || state.now.width.low == 1))
    report(rule::stride_on_single_pixel, 1, c.stride, i);
  return c.inputs == 1 || check_sizes(i, c, state);
}

constexpr bool analysis::check_sizes(std::size_t i, cell_shape const& c, flow const& state) {
  auto const& before = state.before;
  auto const& now = state.now;
  if (before.height == now.height && before.width == now.width)
    return true;
  for (quantity const side : {before.height, before.width})
    if (!side.is_multiple_of(2)) {
      report(rule::odd_map_halved, side.low % 2 != 0 ? side.low : side.high, 2, i);
      return false;
    }
  // A stride rounds up, halving an even map does not: the same number by another formula.
  auto const is_half = [](quantity const& half, quantity const& whole) {
    return half == whole / 2 || half == divide_rounding_up(whole, 2);
  };
  if (!is_half(now.height, before.height) || !is_half(now.width, before.width)) {
    report(rule::cell_inputs_disagree, before.height.low, now.height.low, i);
    return false;
  }
  if (c.stride != -2 && !c.channels.is_multiple_of(2))
    report(rule::parts_do_not_divide_channels, c.channels.low % 2 != 0 ? c.channels.low : c.channels.high, 2, i);
  return true;
}

constexpr void analysis::edges_of(std::size_t i, std::size_t (&edges)[3]) const {
  int count = 0;
  space_.for_each_child(i, [&](std::size_t child) {
    if (count < 3)
      edges[count++] = child;
  });
  if (count == 1)
    edges[1] = edges[2] = edges[0];
  if (count == 2)
    edges[2] = edges[1], edges[1] = edges[0];
}

constexpr void analysis::remember_sources(cost_bounds const (&costs)[3], int inputs_read) {
  for (int a = 0; a < 3; ++a)
    for (int b = a + 1; b < 3; ++b) {
      if ((inputs_read >> a & 1) == 0 || (b == 1 && (inputs_read & 2) == 0))
        continue;
      std::uint64_t masks[4]{};
      for (int k = 0; k < 2; ++k) {
        masks[k] = order(costs[a].least[k], costs[b].least[k]);
        masks[2 + k] = order(costs[a].greatest[k], costs[b].greatest[k]);
      }
      shared_.meet(mixed(owner_, static_cast<std::uint64_t>(1000 + 3 * a + b)), masks);
    }
}

constexpr cost_bounds analysis::nodes_cost(cell_shape const& c, cost_bounds const (&costs)[3]) {
  remember_sources(costs, c.inputs == 2 ? 3 : 1);
  cost_bounds whole;
  option_bounds sources;
  for (int n = 0; n < c.inputs; ++n)
    sources.add(costs[n]);
  for (int n = 0; n < c.nodes; ++n) {
    if (n > 0)
      sources.add(costs[2]);
    int const kept = c.keep == 0 ? sources.count : c.keep;
    if (c.picks > 0) {
      whole += times(sources.best(), c.picks);
      continue;
    }
    auto turned = sources;
    for (auto& item : turned.items)
      for (int k = 0; k < 2; ++k)
        item.least[k] = -item.greatest[k];
    for (int k = 0; k < 2; ++k) {
      whole.least[k] += sum_of_smallest(sources, kept, k);
      whole.greatest[k] -= sum_of_smallest(turned, kept, k);
    }
  }
  return whole;
}

// Over all wirings that the given facts about the cell allow.
constexpr cost_bounds analysis::wired_cost(std::size_t i, cell_shape const& c, cost_bounds const (&costs)[3],
                                           cost_bounds const (&preprocessing)[2]) {
  cell_facts const facts{identity(space_[i].name)};
  auto const* const reads = evaluate_.given.find(facts.inputs_read());
  auto const* const loose = evaluate_.given.find(facts.loose_ends());
  int const all_inputs = c.inputs == 2 ? 3 : 1;
  if (reads != nullptr || !c.has_open_inputs())
    remember_sources(costs, reads != nullptr ? static_cast<int>(*reads) : all_inputs);
  bool is_first = true;
  cost_bounds whole;
  cell_wirings wiring{c.nodes, c.picks > 0 ? c.picks : c.keep, c.keeps_different()};
  for (wiring.nodes = c.output == 2 ? 1 : c.nodes; wiring.nodes <= c.nodes; ++wiring.nodes)
    for (int ends = 1; ends <= (c.output == 2 ? 1 : wiring.nodes); ++ends)
      for (int read = c.has_open_inputs() ? 1 : all_inputs; read <= all_inputs; ++read) {
        wiring.nodes_read = wiring.nodes - ends;
        wiring.inputs_read = read;
        if ((reads != nullptr && *reads != read) || (loose != nullptr && *loose != ends) || !wiring.exist())
          continue;
        cost_bounds own;
        for (int k = 0; k < 2; ++k) {
          own.least[k] = wiring.least({{costs[0].least[k], costs[1].least[k], costs[2].least[k]}});
          own.greatest[k] = -wiring.least({{-costs[0].greatest[k], -costs[1].greatest[k], -costs[2].greatest[k]}});
        }
        for (int n = 0; n < 2; ++n)
          if ((read >> n & 1) != 0)
            own += preprocessing[n];
        whole = is_first ? own : either(whole, own);
        is_first = false;
      }
  impossible_ = impossible_ || is_first;
  return whole;
}

constexpr quantity analysis::output_channels(std::size_t i, cell_shape const& c, quantity const& channels) const {
  if (c.output == 2)
    return channels;
  if (c.output == 0)
    return c.nodes * channels;
  if (!c.has_open_ends())
    return channels;
  auto const id = cell_facts{identity(space_[i].name)}.loose_ends();
  if (auto const* const ends = evaluate_.given.find(id); ends != nullptr)
    return *ends * channels;
  return quantity{1, c.nodes, 1, id} * channels;
}

} // namespace espalier::dsl::detail
