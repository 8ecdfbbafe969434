#include <espalier/compiler/declared_facts.hpp>

#include "flatten.hpp"

#include <espalier/dsl/facts.hpp>

namespace espalier::compiler {

namespace {

// Whether no architecture beats the one where every number is at its better end: the bounds are reached there, or they
// are loose only where decisions may agree, and no better where one of those decisions is elsewhere (facts.hpp does the
// same in constant expressions, each step in one of its own).
bool is_best(long long corner, dsl::space_view space, dsl::check_result const& checked, int key, bool greatest) {
  auto const side = [&](dsl::cost_bounds const& b) { return greatest ? b.greatest[key] : -b.least[key]; };
  auto const gap = side(checked.bounds) - corner;
  auto const pivots = dsl::detail::extreme_cost{space, 0, greatest}.pivots_of(checked.loose);
  if (gap == 0 || !pivots.is_known || gap != checked.loose.sum(greatest, key))
    return gap == 0;
  for (int p = 0; p < pivots.ends.count; ++p)
    if (side(dsl::detail::analysis{space, dsl::corner::all, pivots.elsewhere(p)}.run()) > corner)
      return false;
  return true;
}

std::optional<long long> extreme(dsl::space_view space, dsl::check_result const& checked, int key, bool greatest) {
  dsl::detail::extreme_cost search{space, key, greatest};
  if (checked.is_exact && search.has_corner()) {
    dsl::detail::analysis at_ends{space, greatest ? dsl::corner::dearest : dsl::corner::cheapest};
    auto const ends = at_ends.run();
    if (is_best(greatest ? ends.greatest[key] : -ends.least[key], space, checked, key, greatest))
      return greatest ? ends.greatest[key] : ends.least[key];
  }
  auto const value = search.run();
  return search.is_settled() ? std::optional{value} : std::nullopt;
}

declared_facts::extremes extremes(dsl::space_view space, dsl::check_result const& checked, int key) {
  return {extreme(space, checked, key, false), extreme(space, checked, key, true)};
}

} // namespace

declared_facts facts_of(graph const& structured) {
  auto const flat = flatten(structured);
  auto const space = flat.view();
  auto const checked = dsl::check_all(space);
  dsl::detail::analysis walk{space};
  walk.run();
  return {dsl::count_architectures(space), dsl::count_decisions(space), extremes(space, checked, 0),
          extremes(space, checked, 1), dsl::smallest(walk.output())};
}

} // namespace espalier::compiler
