#include "chain_costs.hpp"

#include "specialize_region.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/specialize.hpp>

#include <algorithm>
#include <bit>

namespace espalier::compiler {

namespace {

constexpr std::size_t most_combinations = 4096; // of the decisions of one layer
constexpr std::size_t most_nodes = 4096;

operation_cost minus(operation_cost const& a, operation_cost const& b) {
  return {a.params - b.params, a.macs - b.macs};
}

tensor_type result_of(region const& network) {
  return network.type_of(network.yields.front());
}

} // namespace

std::shared_ptr<chain_costs const> chain_costs::find(graph const& expanded, decision_space const& space) {
  auto const is_chain = [](operation const& op) { return op.form() == structure::chain; };
  auto const& operations = expanded.body.operations;
  auto const chain = std::ranges::find_if(operations, is_chain);
  if (chain == operations.end() || space.chains().size() != 1 || !space.groups().empty())
    return nullptr;
  std::shared_ptr<chain_costs> made{
      new chain_costs{expanded, space, static_cast<std::size_t>(chain - operations.begin())}};
  if (!made->find_places() || !made->explore(expanded.body.type_of(chain->operands.front())))
    return nullptr;
  made->price_rest();
  return made;
}

chain_costs::chain_costs(graph const& expanded, decision_space const& space, std::size_t chain)
    : expanded_(expanded), space_(space), chain_(expanded_.body.operations[chain]), layers_(chain_),
      values_(space.size()) {
  for (std::size_t i = 0; i < space.size(); ++i)
    if (space[i].type == decision::kind::subset)
      values_[i] = subset_values(space[i]);
}

// Whether every decision is a layer or is made within one.
bool chain_costs::find_places() {
  auto const& chain = space_.chains().front().decisions;
  std::vector<std::pair<std::size_t, std::size_t>> owner(space_.size()); // position and option of the layer it is in
  std::vector<char> is_layer(space_.size());
  for (std::size_t p = 0; p < chain.size(); ++p) {
    auto& options = places_.emplace_back();
    for (auto const region : layers_.options(p))
      options.push_back({region, by_name_.emplace(layers_.name(region), by_name_.size()).first->second});
    is_layer[static_cast<std::size_t>(chain[p])] = 1;
  }
  for (std::size_t i = 0; i < space_.size(); ++i) {
    if (is_layer[i] != 0)
      continue;
    if (space_[i].parent < 0)
      return false;
    auto const parent = static_cast<std::size_t>(space_[i].parent);
    if (is_layer[parent] != 0) {
      auto const option = static_cast<std::size_t>(std::countr_zero(space_[i].parent_options));
      owner[i] = {static_cast<std::size_t>(std::ranges::find(chain, space_[i].parent) - chain.begin()), option};
      if (!std::has_single_bit(space_[i].parent_options))
        return false;
    } else {
      owner[i] = owner[parent];
    }
    places_[owner[i].first][owner[i].second].decisions.push_back(i);
  }
  return std::ranges::all_of(places_, [&](auto const& options) {
    return std::ranges::all_of(options, [&](place const& at) { return combinations(at).has_value(); });
  });
}

std::optional<std::size_t> chain_costs::combinations(place const& at) const {
  std::size_t count = 1;
  for (auto const i : at.decisions)
    if (count *= values_[i].empty() ? space_[i].options.size() : values_[i].size(); count > most_combinations)
      return {};
  return count;
}

void chain_costs::set_decisions(place const& at, std::size_t rank, architecture& a) const {
  for (std::size_t k = at.decisions.size(); k-- > 0;) {
    auto const i = at.decisions[k];
    auto const size = values_[i].empty() ? space_[i].options.size() : values_[i].size();
    a.values[i] = value(i, rank % size);
    rank /= size;
  }
}

std::uint32_t chain_costs::value(std::size_t decision, std::size_t rank) const {
  return values_[decision].empty() ? static_cast<std::uint32_t>(rank) : values_[decision][rank];
}

bool chain_costs::is_allowed(std::size_t node, std::size_t position, std::size_t option) const {
  return space_.chains().front().next[position][static_cast<std::size_t>(nodes_[node].state)][option] >= 0;
}

// Breadth first: a node is as far from the start as its shortest chain is long.
bool chain_costs::explore(tensor_type const& input) {
  node_of(0, input, std::vector<std::uint32_t>(space_.size()), 0);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_.size() > most_nodes)
      return false;
    auto const p = nodes_[n].length;
    nodes_[n].of_layer.resize(by_name_.size());
    for (std::size_t o = 1; p < places_.size() && o < places_[p].size(); ++o)
      if (is_allowed(n, p, o))
        add_steps(n, places_[p][o], p, o);
  }
  return true;
}

void chain_costs::add_steps(std::size_t from, place const& at, std::size_t position, std::size_t option) {
  architecture a{nodes_[from].witness};
  auto const& chain = space_.chains().front();
  a.values[static_cast<std::size_t>(chain.decisions[position])] = static_cast<std::uint32_t>(option);
  auto const state = chain.next[position][static_cast<std::size_t>(nodes_[from].state)][option];
  steps made(*combinations(at));
  for (std::size_t n = 0; n < made.size(); ++n) {
    set_decisions(at, n, a);
    auto const active = active_decisions(space_, a);
    auto const is_absent = [&](std::size_t i) { return !active[i]; };
    if (std::ranges::any_of(at.decisions, [&](std::size_t i) { return is_absent(i) && a.values[i] != value(i, 0); }))
      continue; // what does not exist has one value
    for (auto const i : at.decisions)
      a.values[i] = is_absent(i) ? 0 : a.values[i];
    auto const layer =
        specialize_region(chain_.regions[static_cast<std::size_t>(at.region)], nodes_[from].type, space_, a);
    made[n].cost = cost_of(graph{"", layer});
    made[n].next = node_of(state, result_of(layer), a.values, position + 1);
  }
  nodes_[from].of_layer[at.layer] = std::move(made);
}

int chain_costs::node_of(int state, tensor_type const& type, std::vector<std::uint32_t> const& witness,
                         std::size_t length) {
  auto const found = std::ranges::find_if(nodes_, [&](node const& n) { return n.state == state && n.type == type; });
  if (found == nodes_.end()) {
    nodes_.push_back({state, type});
    nodes_.back().witness = witness;
    nodes_.back().length = length;
    return static_cast<int>(nodes_.size() - 1);
  }
  return static_cast<int>(found - nodes_.begin());
}

// What an architecture that ends there costs, without its layers.
void chain_costs::price_rest() {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto const alike = std::ranges::find(nodes_, nodes_[n].type, &node::type);
    auto const first = static_cast<std::size_t>(alike - nodes_.begin());
    architecture const a{nodes_[n].witness};
    nodes_[n].rest = first < n ? nodes_[first].rest : minus(cost_of(specialize(expanded_, space_, a)), of(a));
  }
}

operation_cost chain_costs::of(architecture const& a) const {
  operation_cost total;
  std::size_t now = 0;
  for (std::size_t p = 0; p < places_.size(); ++p) {
    auto const option = a.values[static_cast<std::size_t>(space_.chains().front().decisions[p])];
    if (option == 0)
      break;
    auto const& at = places_[p][option];
    std::size_t rank = 0;
    for (auto const i : at.decisions) {
      auto const& values = values_[i];
      auto const own = values.empty()
                           ? a.values[i]
                           : static_cast<std::size_t>(std::ranges::lower_bound(values, a.values[i]) - values.begin());
      rank = rank * (values.empty() ? space_[i].options.size() : values.size()) + own;
    }
    auto const& taken = nodes_[now].of_layer[at.layer][rank];
    total += taken.cost;
    now = static_cast<std::size_t>(taken.next);
  }
  return total += nodes_[now].rest;
}

// What is best from each node on, from the last position to the first; then the best steps are read forwards.
architecture chain_costs::extreme(long long operation_cost::*which, bool largest) const {
  struct decided {
    long long cost;
    std::size_t option = 0;
    std::size_t rank = 0;
  };
  auto const is_better = [&](long long a, long long b) { return largest ? a > b : a < b; };
  std::vector<std::vector<decided>> best(places_.size() + 1);
  for (auto const& n : nodes_)
    best.back().push_back({n.rest.*which});
  for (std::size_t p = places_.size(); p-- > 0;)
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      auto& own = best[p].emplace_back(decided{nodes_[n].rest.*which});
      for (std::size_t o = 1; nodes_[n].length <= p && o < places_[p].size(); ++o) {
        auto const& taken = nodes_[n].of_layer[places_[p][o].layer];
        for (std::size_t rank = 0; is_allowed(n, p, o) && rank < taken.size(); ++rank)
          if (taken[rank].next >= 0)
            if (auto const cost =
                    taken[rank].cost.*which + best[p + 1][static_cast<std::size_t>(taken[rank].next)].cost;
                is_better(cost, own.cost))
              own = {cost, o, rank};
      }
    }
  architecture a{std::vector<std::uint32_t>(space_.size())};
  std::size_t now = 0;
  for (std::size_t p = 0; p < places_.size() && best[p][now].option != 0; ++p) {
    auto const& [cost, option, rank] = best[p][now];
    a.values[static_cast<std::size_t>(space_.chains().front().decisions[p])] = static_cast<std::uint32_t>(option);
    set_decisions(places_[p][option], rank, a);
    now = static_cast<std::size_t>(nodes_[now].of_layer[places_[p][option].layer][rank].next);
  }
  auto const active = active_decisions(space_, a);
  for (std::size_t i = 0; i < space_.size(); ++i)
    a.values[i] = active[i] ? a.values[i] : 0;
  return a;
}

} // namespace espalier::compiler
