#include <espalier/compiler/passes/eliminate_common_subexpressions.hpp>

#include "rewrite.hpp"

#include "../verify_faults.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace espalier::compiler {

namespace {

// Equal for operations that give equal values.
using expression_key = std::tuple<std::string_view, std::vector<int>, std::vector<std::string>, std::string>;

expression_key key_of(operation const& op, std::vector<std::string> operands) {
  if (op.form() == structure::add || op.form() == structure::average)
    std::ranges::sort(operands);
  std::string regions;
  for (auto const& held : op.regions)
    regions += signature(held);
  return {op.declaration->name, {op.attributes.begin(), op.attributes.end()}, std::move(operands), std::move(regions)};
}

std::map<expression_key, std::vector<site>> sites_of(region const& in) {
  std::map<expression_key, std::vector<site>> sites;
  for (std::size_t i = 0; i < in.operations.size(); ++i) {
    auto const& op = in.operations[i];
    if (op.form() == structure::block) {
      for (auto const& inner : op.regions.front().operations)
        if (auto around = operands_around(op, inner); !around.empty() && inner.regions.empty() && is_function(inner))
          sites[key_of(inner, std::move(around))].push_back({i, inner.name()});
    } else if (is_function(op)) {
      sites[key_of(op, op.operands)].push_back({i, ""});
    }
  }
  return sites;
}

// Moves one operation that several blocks begin with out of them; false where there is none.
bool hoist(region& in) {
  for (auto const& [key, places] : sites_of(in)) {
    auto const is_inner = [](site const& s) { return !s.inner.empty(); };
    std::set<std::size_t> different;
    for (auto const& place : places)
      different.insert(place.at);
    if (different.size() < 2 || std::ranges::none_of(places, is_inner))
      continue;
    auto const& first = places.front();
    auto whole = in.operations[first.at];
    if (is_inner(first)) {
      auto const& block = in.operations[first.at];
      whole = *block.regions.front().definition_of(first.inner);
      whole.operands = operands_around(block, whole);
      whole.results.front().name = free_name(in, whole.declaration->name);
    }
    for (auto const& place : places)
      if (is_inner(place))
        lift(in.operations[place.at], place.inner, whole.name());
    if (is_inner(first))
      in.operations.insert(in.operations.begin() + static_cast<std::ptrdiff_t>(first.at), std::move(whole));
    return true;
  }
  return false;
}

region without_repetition(region const& in) {
  region out = in;
  for (auto& op : out.operations)
    rewrite_held(op, without_repetition);
  while (hoist(out)) {
  }
  auto const named = values_that_decisions_name(out);
  renaming names;
  std::map<expression_key, std::string> known;
  std::vector<operation> kept;
  for (auto& op : out.operations) {
    names.apply(op.operands);
    if (is_function(op) && !named.contains(op.name())) {
      auto const [first, is_new] = known.emplace(key_of(op, op.operands), op.name());
      if (!is_new) {
        names.replace(op.name(), first->second);
        continue;
      }
    }
    kept.push_back(std::move(op));
  }
  out.operations = std::move(kept);
  names.apply(out.yields);
  return out;
}

} // namespace

graph eliminate_common_subexpressions(graph const& g) {
  require_expanded(g, "eliminate_common_subexpressions");
  return {g.name, without_repetition(g.body)};
}

} // namespace espalier::compiler
