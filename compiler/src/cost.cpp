#include <espalier/compiler/cost.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

namespace espalier::compiler {

namespace {

operation_cost leaf_cost(region const& in, operation const& op) {
  if (op.form() == structure::weighted_sum)
    return {static_cast<long long>(op.operands.size()), 0};
  if (!op.declaration->is_leaf())
    return {};
  return op.declaration->cost(op.attributes, in.type_of(op.operands.front()), op.type());
}

operation_cost cost_of(region const& network) {
  operation_cost total;
  for (auto const& op : network.operations) {
    total += leaf_cost(network, op);
    if (op.form() == structure::choice)
      throw internal_error("cost_of needs a network without decisions");
    for (auto const& inner : op.regions) {
      auto held = cost_of(inner);
      if (op.form() == structure::recurrence) // the same weights at every position
        held.macs *= op.type().positions();
      total += held;
    }
  }
  return total;
}

} // namespace

operation_cost cost_of(graph const& network) {
  return cost_of(network.body);
}

cost_model::cost_model(graph const& expanded, decision_space const& space) : space_(&space) {
  for (auto const& d : space.decisions())
    options_.emplace_back(d.options.size());
  collect(expanded.body, -1, 0);
}

void cost_model::collect(region const& in, int decision, std::size_t option) {
  std::map<std::string, std::pair<int, std::size_t>>
      selected; // an edge that only some subsets keep -> its decision and option
  for (auto const& op : in.operations) {
    auto const own = op.form() == structure::select ? space_->find(op.label) : -1;
    for (std::size_t e = 0; own >= 0 && e < op.operands.size(); ++e)
      selected[op.operands[e]] = {own, e};
  }
  for (auto const& op : in.operations) {
    auto const [payer, payer_option] = selected.contains(op.name()) ? selected[op.name()] : std::pair{decision, option};
    auto& sum = payer < 0 ? fixed_ : options_[static_cast<std::size_t>(payer)][payer_option];
    sum += leaf_cost(in, op);
    if (op.form() == structure::block)
      collect(op.regions.front(), payer, payer_option);
    if (op.form() != structure::choice)
      continue;
    auto const own = space_->find(op.label);
    auto const& candidates = (*space_)[static_cast<std::size_t>(own)].candidates;
    for (std::size_t o = 0; o < candidates.size(); ++o)
      collect(op.regions[static_cast<std::size_t>(candidates[o])], own, o);
  }
}

operation_cost cost_model::of(architecture const& a) const {
  auto total = fixed_;
  auto const active = active_decisions(*space_, a);
  for (std::size_t i = 0; i < options_.size(); ++i) {
    if (!active[i])
      continue;
    if ((*space_)[i].type == decision::kind::choice)
      total += options_[i][a.values[i]];
    else
      for (std::size_t o = 0; o < options_[i].size(); ++o)
        if ((a.values[i] >> o & 1U) != 0)
          total += options_[i][o];
  }
  return total;
}

architecture cost_model::smallest(long long operation_cost::*key) const {
  return extreme(key, false);
}

architecture cost_model::largest(long long operation_cost::*key) const {
  return extreme(key, true);
}

// Decisions hang on each other as a forest, so that the best of each is the best of the whole: children first.
architecture cost_model::extreme(long long operation_cost::*key, bool largest) const {
  auto const n = options_.size();
  std::vector<long long> best(n);
  std::vector<std::uint32_t> values(n);
  for (std::size_t i = n; i-- > 0;) {
    auto const& d = (*space_)[i];
    std::vector<long long> cost(d.options.size());
    for (std::size_t o = 0; o < cost.size(); ++o)
      cost[o] = options_[i][o].*key;
    for (int const child : d.children) {
      auto const c = static_cast<std::size_t>(child);
      for (std::size_t o = 0; o < cost.size(); ++o)
        cost[o] += (*space_)[c].hangs_on(o) ? best[c] : 0;
    }
    std::vector<std::uint32_t> order(cost.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&](auto o) { return std::pair{largest ? -cost[o] : cost[o], o}; });
    bool const is_subset = d.type == decision::kind::subset;
    for (std::size_t k = 0; k < static_cast<std::size_t>(d.most); ++k) {
      best[i] += cost[order[k]];
      values[i] = is_subset ? values[i] | 1U << order[k] : order[k];
    }
  }
  architecture a{values};
  auto const active = active_decisions(*space_, a);
  for (std::size_t i = 0; i < n; ++i)
    if (!active[i])
      a.values[i] = 0;
  return a;
}

} // namespace espalier::compiler
