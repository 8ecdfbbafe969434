#include "cost_walk.hpp"

#include <espalier/dsl/analysis.hpp>

#include <array>

namespace espalier::compiler {

using dsl::structure;
using dsl::tensor_type;

// ENAS' macro space: which earlier layers are added costs nothing, so that every subset counts.
cost_table cost_walk::walk_skip_chain(std::size_t i, situation const& s) {
  auto const& numbers = space_[i].attributes;
  int const layers = numbers[0];
  int const every = numbers[2];
  if (numbers[1] == 1)
    refuse(i, "concatenates: what a layer costs depends on all that it reads");
  if (names_.is_shared(space_[i].name))
    refuse(i, "is used at several places");
  std::vector<dsl::operation_cost> reductions; // each of one layer's output
  cost_table table{limits_, s};
  for (int k = 0; k < layers; ++k) {
    for (auto& row : table.rows()) {
      auto& l = row.after.lanes.front();
      l.stride = 1;
      l.set(l.now);
    }
    auto after = advance(table, space_.first_child(i), {});
    bool const reduces = every > 0 && (k + 1) % every == 0 && k + 1 < layers;
    for (auto& row : after.rows()) {
      auto& l = row.after.lanes.front();
      l.now = table.rows().front().after.lanes.front().now;
      if (reduces) {
        l.now.height /= 2, l.now.width /= 2;
        long long const weights = 1LL * l.now.channels * l.now.channels;
        dsl::operation_cost const once{weights + 2LL * l.now.channels, weights * l.now.height * l.now.width};
        row.costs *= costing(once); // of the layer before the next one
        if (&row == &after.rows().front())
          reductions.push_back(once);
      }
      l.set(l.now);
    }
    table = after;
  }
  cost_table after{limits_};
  for (auto& row : table.rows()) {
    row.after.lanes.front().stride = s.lanes.front().stride;
    for (int o = 0; o + 1 < layers; ++o)
      row.costs *= costs_of_skips(o, layers, every, reductions);
    after.add(row.after, row.costs);
  }
  return after;
}

// Output `o` (the chain's input is 0) may be read by each layer behind the next one; it is halved as often as the last
// of them needs.
cost_distribution cost_walk::costs_of_skips(int o, int layers, int every,
                                            std::vector<dsl::operation_cost> const& reductions) const {
  auto const halvings = [&](int layer) { return every > 0 ? layer / every : 0; };
  auto whole = costing({});
  dsl::operation_cost spent;
  int done = halvings(o);
  for (int last = o + 1; last < layers; ++last) {
    for (; done < halvings(last); ++done)
      spent += reductions[static_cast<std::size_t>(done)];
    auto one = costing(spent);
    whole.add(one *= dsl::power(2, last - o - 1), limits_);
  }
  return whole;
}

// Every candidate function of a node shares the node's weights: the decisions cost nothing.
cost_table cost_walk::walk_recurrent_cell(std::size_t i, situation const& s) {
  auto after = s;
  auto& l = after.lanes.front();
  auto const in = l.now;
  if (space_[i].attributes[0] != dsl::inherited)
    l.now.channels = space_[i].attributes[0];
  l.now.kind = dsl::tensor_kind::sequence;
  int const nodes = space_[i].attributes[1];
  long long const width = l.now.channels;
  long long const weights = (in.channels + width) * 2 * width + nodes * width * 2 * width;
  auto costs = costing({weights, weights * l.now.positions()});
  l.set(l.now);
  if (!named_within(i).empty() || space_[i].decided != 0)
    refuse(i, "has numbers that are decisions");
  auto const id = id_of(space_[i].name);
  if (find(s.decided, id) == nullptr) {
    lane const inside{l.now, l.now, l.block_input};
    std::size_t const root = space_.first_child(i);
    costs *= edge_costs(root, {inside}, s.decided, false).total();
    auto const activations = edge_costs(space_.next(root), {inside}, s.decided, false).total();
    for (int n = 1; n <= nodes; ++n)
      costs *= activations * static_cast<unsigned long long>(n);
    insert(after.decided, {id, 1, names_.is_shared(space_[i].name) ? names_.until(space_[i].name) : 0});
  }
  return {limits_, after, costs};
}

cost_table cost_walk::walk_wiring(std::size_t i, situation const& s) {
  std::size_t body = space_.first_child(i);
  while (space_.form(body) == structure::reference)
    body = space_.next(body);
  auto decisions = decisions_of(i);
  for (auto const d : named_within(i))
    decisions.push_back(d);
  cost_table after{limits_};
  for (auto const& decided : decide(decisions, s, {})) {
    auto const given = numbers_of(i, decided, {}, s.lanes.front());
    std::array<int, 6> numbers{};
    for (std::size_t a = 0; a < numbers.size(); ++a)
      numbers[a] = static_cast<int>(given[a].low);
    int const nodes = numbers[1];
    auto const walk_node = [&](lane const& in, int stride) {
      situation const at_node{{{in.now, in.now, in.block_input, stride}}, decided.decided};
      auto const table = walk(body, at_node, {});
      if (table.rows().size() != 1)
        refuse(i, "has nodes whose decisions shape what follows");
      return table.rows().front();
    };
    auto const source = walk_node(s.lanes.front(), numbers[5]);
    auto const inner = walk_node(source.after.lanes.front(), 1);
    auto const graph = numbers[0] == 0 ? dsl::detail::read_wires(space_, i, nodes).graph
                                       : dsl::draw_graph(numbers[0], nodes, numbers[2], numbers[3],
                                                         static_cast<std::uint64_t>(numbers[4]));
    long long weights = 0; // of sums: one for each term
    for (int n = 0; n < nodes; ++n)
      weights += graph.in_degree(n) > 1 ? graph.in_degree(n) : 0;
    auto costs = source.costs.power(graph.sources());
    costs *= inner.costs.power(nodes - graph.sources());
    costs *= costing({weights, 0});
    auto row = decided;
    row.lanes.front().set(source.after.lanes.front().now);
    after.add(row, costs);
  }
  return after;
}

// Level by level; a state is the last layer and what flows behind it.
cost_table cost_walk::walk_layer_chain(std::size_t i, situation const& s) {
  std::vector<std::size_t> layers;
  space_.for_each_child(i, [&](std::size_t layer) { layers.push_back(layer); });
  auto const follows = [&](std::size_t layer, std::size_t last) {
    bool found = false;
    space_.for_each_child(layer, [&](std::size_t r) {
      if (space_.form(r) == structure::reference)
        found = found || (last == 0 ? space_[r].name.stem() == "start" : space_[r].name == space_[last].name);
    });
    return found;
  };
  auto const alternatives = [&](std::size_t layer) {
    std::size_t body = space_.first_child(layer);
    while (space_.form(body) == structure::reference)
      body = space_.next(body);
    std::vector<std::size_t> found;
    if (space_.form(body) != structure::choice)
      return std::vector{body};
    space_.for_each_child(body, [&](std::size_t candidate) { found.push_back(candidate); });
    return found;
  };
  cost_table ended{limits_, s};
  std::map<std::size_t, cost_table> level{{0, ended}};
  for (int length = 0; length < space_[i].attributes[0]; ++length) {
    std::map<std::size_t, cost_table> next;
    for (auto const& [last, table] : level)
      for (auto const layer : layers) {
        if (!follows(layer, last))
          continue;
        auto& into = next.try_emplace(layer, limits_).first->second;
        for (auto const alternative : alternatives(layer))
          for (auto const& from : table.rows()) {
            auto read = from.after;
            auto& l = read.lanes.front();
            l.before = l.block_input = l.now;
            l.stride = 1;
            // A layer whose rules are broken in any combination of its own decisions does not exist.
            if (!dsl::detail::analysis{space_}.run(alternative, shape_of(l.now)).good)
              continue;
            auto made = walk(alternative, read, {});
            for (auto& row : made.rows())
              into.add(row.after, row.costs *= from.costs);
          }
      }
    level = std::move(next);
    for (auto const& [last, table] : level)
      for (auto const& row : table.rows())
        ended.add(row.after, row.costs);
  }
  cost_table after{limits_};
  for (auto& row : ended.rows()) {
    auto& l = row.after.lanes.front();
    l.set({dsl::tensor_kind::vector, static_cast<int>(l.now.elements()), 1, 1});
    l.block_input = s.lanes.front().block_input;
    l.stride = s.lanes.front().stride;
    after.add(row.after, row.costs);
  }
  return after;
}

} // namespace espalier::compiler
