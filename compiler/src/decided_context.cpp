#include "decided_context.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace espalier::compiler {

int decided_context::decision_at(std::string const& path) const {
  auto const i = space_.find(path);
  if (i < 0)
    throw internal_error(fmt::format("the graph decides {}, which its decision space does not hold", path));
  return i;
}

decided_value<int> decided_context::number(decided_number const& n, decided_value<tensor_type> const* input) const {
  if (is_decision(n)) {
    auto const i = decision_at(n.label);
    return algebra.of_choice(i, [&](std::size_t option) { return (*this)[i].numbers[option]; });
  }
  if (n.declaration == &dsl::declaration_of<dsl::operations::value>)
    return decided_algebra::constant(n.attributes[0]);
  auto const without = [](decided_number const&) -> dsl::quantity { return 0; };
  if (n.operands.empty() && input == nullptr)
    throw not_additive{};
  if (n.operands.empty())
    return algebra.mapped(*input, [&](tensor_type const& in) {
      return static_cast<int>(quantity_of(n, number_scope::of(dsl::shape_of(in)), without).low);
    });
  auto const second = n.operands.size() > 1 ? number(n.operands[1], input) : decided_algebra::constant(0);
  return algebra.combined(number(n.operands[0], input), second, [&](int a, int b) {
    return static_cast<int>(n.declaration->evaluate(dsl::quantities_of(n.attributes), a, b).low);
  });
}

decided_value<char> decided_context::any(std::vector<decided_value<char>> const& parts) {
  auto const is_option = [](decided_value<char> const& n) {
    return n.reads.size() == 1 && n.reads.front().option >= 0 && n.values == std::vector<char>{0, 1};
  };
  derived_variable made;
  for (auto const& part : parts)
    if (is_option(part))
      made.any_of.push_back(part.reads.front());
  std::ranges::sort(made.any_of);
  made.any_of.erase(std::unique(made.any_of.begin(), made.any_of.end()), made.any_of.end());
  if (made.any_of.size() > 2 && std::ranges::all_of(parts, is_option))
    return {{variable_of(std::move(made))}, {0, 1}};
  auto whole = decided_algebra::constant(char{0});
  for (auto const& part : parts)
    whole = algebra.combined(whole, part, [](char a, char b) -> char { return a | b; });
  return whole;
}

decided_value<char> decided_context::none(std::vector<decided_value<char>> const& parts) {
  return algebra.mapped(any(parts), [](char a) -> char { return a == 0; });
}

// What is derived is there once.
cost_variable decided_context::variable_of(derived_variable made) {
  auto const found = std::ranges::find(derived, made);
  auto const index = found - derived.begin();
  if (found == derived.end())
    derived.push_back(std::move(made));
  return {static_cast<int>(space_.size()) + static_cast<int>(index)};
}

std::vector<decided_value<graph_vertex>> const& decided_context::vertices(int edges, int count) {
  constexpr std::size_t most_edges = 22; // a class is kept for each subset
  auto& found = vertices_[edges];
  auto const& d = (*this)[edges];
  if (!found.empty())
    return found;
  if (d.options.size() > most_edges || d.parent >= 0)
    throw not_additive{};
  std::vector<std::map<std::array<int, 3>, std::uint8_t>> known(static_cast<std::size_t>(count));
  std::vector<derived_variable> classes(known.size());
  found.resize(known.size());
  for (auto& c : classes)
    c.decision = edges, c.class_of_value.resize(std::size_t{1} << d.options.size());
  for (auto const value : subset_values(d)) {
    auto const all = graph_vertices(graph_of(count, value));
    for (std::size_t v = 1; v < all.size(); ++v) { // the first one is the input
      auto alike = all[v];
      alike.reads = (alike.reads != 0 ? 2U : 0U) | (alike.reads & 1U);
      auto const [at, is_new] = known[v].emplace(std::array{static_cast<int>(alike.reads), alike.place, alike.among},
                                                 static_cast<std::uint8_t>(known[v].size()));
      classes[v].class_of_value[value] = at->second;
      if (is_new)
        found[v].values.push_back(alike);
    }
  }
  for (std::size_t v = 1; v < classes.size(); ++v) {
    classes[v].classes = found[v].values.size();
    found[v].reads = {variable_of(std::move(classes[v]))};
  }
  return found;
}

} // namespace espalier::compiler
