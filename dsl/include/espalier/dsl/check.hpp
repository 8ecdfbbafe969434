#pragma once

#include <espalier/dsl/declaration_check.hpp>

namespace espalier::dsl {

namespace detail {

/// Replaces the numbers of a finding, which may be bounds over many combinations of decisions, by those of one
/// architecture: decides one number after the other so that the rule stays broken.
class example_search {
public:
  constexpr explicit example_search(space_view space) : space_(space) {}

  constexpr void make_concrete(finding& found) {
    assignment given;
    for (std::size_t d = 0; d < space_.nodes.size() && given.count < assignment::capacity; ++d)
      if (space_.is_decided_number(d) && given.find(number_evaluator{space_}.id_everywhere(d)) == nullptr)
        decide(d, given, found);
  }

private:
  constexpr void decide(std::size_t d, assignment& given, finding& found) {
    number_evaluator const evaluate{space_};
    for (long long o = 0; o < evaluate.options(d); ++o) {
      auto narrower = given;
      narrower.push(evaluate.id_everywhere(d), evaluate.option(d, o));
      if (!is_allowed(narrower))
        continue;
      if ((effort_ += space_.nodes.size()) > max_effort)
        return;
      analysis walk{space_, corner::all, narrower};
      walk.run();
      for (int f = 0; f < walk.findings().count; ++f) {
        auto const& item = walk.findings().items[f];
        if (item.where == found.where && item.problem.broken == found.problem.broken) {
          found = item;
          given = narrower;
          return;
        }
      }
    }
  }
  [[nodiscard]] constexpr bool is_allowed(assignment const& given) const {
    number_evaluator const evaluate{space_, corner::all, given};
    for (std::size_t i = 0; i < space_.nodes.size(); ++i)
      if (space_.form(i) == structure::constraint && evaluate(i + 1, trend::neutral).is(0))
        return false;
    return true;
  }

  static constexpr std::size_t max_effort = 30'000;

  space_view space_;
  std::size_t effort_ = 0;
};

} // namespace detail

/// What checking a space finds: broken rules, and bounds of the cost that hold for every architecture.
struct check_result {
  finding_list findings{};
  cost_bounds bounds{};
  bool is_declared = false; ///< Whether names, numbers and choices are in order, so that shapes were followed.
  bool is_exact = false;    ///< Whether shared decisions leave the bounds reachable.
  detail::loose_costs loose{};
};

/// The broken rules of names, numbers and choices (at most the first 24).
constexpr check_result check_declarations(space_view space) {
  check_result result;
  detail::declaration_check{space, result.findings}.run();
  result.is_declared = result.findings.count == 0;
  return result;
}

/// The broken rules of shapes in any combination of decisions, and then of budgets, of a space that keeps the others.
constexpr check_result check_shapes(space_view space) {
  check_result result;
  result.is_declared = true;
  detail::analysis walk{space};
  result.bounds = walk.run();
  result.is_exact = walk.is_exact();
  result.loose = walk.loose();
  result.findings = walk.findings();
  detail::example_search examples{space};
  for (int f = 0; f < result.findings.count; ++f)
    examples.make_concrete(result.findings.items[f]);
  if (result.findings.count > 0)
    return result;
  for (std::size_t i = 0; i < space.nodes.size(); ++i)
    if (space.form(i) == structure::budget) {
      auto const& a = space[i].attributes;
      long long const most = 1'000'000LL * a[1] + a[2];
      std::string_view const what = a[0] == 0 ? "parameters" : "multiply-adds";
      if (result.bounds.least[a[0]] > most)
        result.findings.add({rule::budget_below_minimum, most, result.bounds.least[a[0]], what}, i);
      else if (result.bounds.greatest[a[0]] <= most)
        result.findings.add({rule::budget_above_maximum, most, result.bounds.greatest[a[0]], what}, i);
    }
  return result;
}

/// Every broken rule of a space, in that order.
constexpr check_result check_all(space_view space) {
  auto const declared = check_declarations(space);
  return declared.is_declared ? check_shapes(space) : declared;
}

/// The first broken rule of a space, or no problem.
constexpr finding check(space_view space) {
  auto const found = check_all(space).findings;
  return found.count > 0 ? found.items[0] : finding{};
}

} // namespace espalier::dsl
