#include <espalier/compiler/cost.hpp>

#include <espalier/compiler/error.hpp>

#include <map>
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

// What each option costs by itself: all costs of a graph whose numbers are constants.
class term_collector {
public:
  explicit term_collector(decision_space const& space) : space_(space) {
    for (auto const& d : space.decisions())
      options_.emplace_back(d.options.size());
  }

  std::vector<cost_term<operation_cost>> terms_of(graph const& expanded) {
    collect(expanded.body, -1, 0);
    std::vector<cost_term<operation_cost>> terms{{{}, {fixed_}}};
    for (std::size_t i = 0; i < options_.size(); ++i) {
      auto const index = static_cast<int>(i);
      auto const& d = space_[i];
      for (std::size_t o = 0; o < d.options.size() && d.type == decision::kind::subset; ++o)
        terms.push_back({{{index, static_cast<int>(o)}}, {{}, options_[i][o]}});
      if (d.type == decision::kind::subset)
        continue;
      terms.push_back({{{index}}, options_[i]});
      terms.back().table.resize(states_of(space_, {index}));
    }
    return terms;
  }

private:
  void collect(region const& in, int decision, std::size_t option) {
    std::map<std::string, std::pair<int, std::size_t>>
        selected; // an edge that only some subsets keep -> its decision and option
    for (auto const& op : in.operations) {
      auto const own = op.form() == structure::select ? space_.find(op.label) : -1;
      for (std::size_t e = 0; own >= 0 && e < op.operands.size(); ++e)
        selected[op.operands[e]] = {own, e};
    }
    for (auto const& op : in.operations) {
      auto const [payer, payer_option] =
          selected.contains(op.name()) ? selected[op.name()] : std::pair{decision, option};
      auto& sum = payer < 0 ? fixed_ : options_[static_cast<std::size_t>(payer)][payer_option];
      sum += leaf_cost(in, op);
      if (op.form() == structure::block)
        collect(op.regions.front(), payer, payer_option);
      if (op.form() != structure::choice)
        continue;
      auto const own = space_.find(op.label);
      auto const& candidates = space_[static_cast<std::size_t>(own)].candidates;
      for (std::size_t o = 0; o < candidates.size(); ++o)
        collect(op.regions[static_cast<std::size_t>(candidates[o])], own, o);
    }
  }

  decision_space const& space_;
  operation_cost fixed_;
  std::vector<std::vector<operation_cost>> options_;
};

} // namespace

operation_cost cost_of(graph const& network) {
  return cost_of(network.body);
}

std::vector<cost_term<operation_cost>> cost_terms(graph const& expanded, decision_space const& space) {
  return term_collector{space}.terms_of(expanded);
}

} // namespace espalier::compiler
