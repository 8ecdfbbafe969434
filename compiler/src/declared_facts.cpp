#include <espalier/compiler/declared_facts.hpp>

#include "flatten.hpp"

#include <espalier/dsl/facts.hpp>

namespace espalier::compiler {

namespace {

std::optional<long long> extreme(dsl::space_view space, int key, bool greatest) {
  dsl::detail::extreme_cost search{space, key, greatest};
  auto const value = search.run();
  return search.is_settled() ? std::optional{value} : std::nullopt;
}

declared_facts::extremes extremes(dsl::space_view space, int key) {
  return {extreme(space, key, false), extreme(space, key, true)};
}

} // namespace

declared_facts facts_of(graph const& structured) {
  auto const flat = flatten(structured);
  auto const space = flat.view();
  dsl::detail::analysis walk{space};
  walk.run();
  return {dsl::count_architectures(space), dsl::count_decisions(space), extremes(space, 0), extremes(space, 1),
          dsl::smallest(walk.output())};
}

} // namespace espalier::compiler
