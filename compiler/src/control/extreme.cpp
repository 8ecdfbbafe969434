#include "cost_problem.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

long long number(operation_cost const& cost, long long operation_cost::*which) {
  return cost.*which;
}

double number(double cost, std::monostate /*which*/) {
  return cost;
}

template <class Value>
architecture least(cost_sum<Value> const& costs, typename cost_sum<Value>::key which, bool is_largest_meant) {
  using type = decltype(number(Value{}, which));
  if (auto const& chains = costs.space().chains(); !chains.empty())
    throw user_error(fmt::format("the smallest and largest cost are not known where {} begins a chain of layers",
                                 costs.space()[static_cast<std::size_t>(chains.front().decisions.front())].path));
  std::vector<cost_term<type>> terms;
  for (auto const& term : costs.terms()) {
    terms.push_back({term.reads, {}});
    for (auto const& v : term.table)
      terms.back().table.push_back(is_largest_meant ? -number(v, which) : number(v, which));
  }
  cost_problem<type> problem{costs.space(), costs.derived(), std::move(terms)};
  try {
    return problem.solve();
  } catch (too_coupled const&) { // or with what dominance leaves
    problem.drop_dominated_states();
  }
  try {
    return problem.solve();
  } catch (too_coupled const& found) {
    throw user_error(fmt::format("the cost couples {} in too many ways to find its smallest and largest: decide fewer "
                                 "of them separately",
                                 fmt::join(problem.paths_of(found.variables), ", ")));
  }
}

} // namespace

template <class Value>
architecture cost_sum<Value>::smallest(key which) const {
  if (extreme_)
    return extreme_(which, false);
  require_sum();
  return least(*this, which, false);
}

template <class Value>
architecture cost_sum<Value>::largest(key which) const {
  if (extreme_)
    return extreme_(which, true);
  require_sum();
  return least(*this, which, true);
}

template architecture cost_sum<operation_cost>::smallest(long long operation_cost::*) const;
template architecture cost_sum<operation_cost>::largest(long long operation_cost::*) const;
template architecture cost_sum<double>::smallest(std::monostate) const;
template architecture cost_sum<double>::largest(std::monostate) const;

} // namespace espalier::compiler
