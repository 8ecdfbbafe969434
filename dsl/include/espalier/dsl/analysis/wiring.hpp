#pragma once

#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/random_graph.hpp>

namespace espalier::dsl::detail {

/// The parameters of a wiring; its problem, if they are none.
constexpr fault check_wiring(attribute_quantities const& n) {
  auto const generator = n[0].low;
  auto const nodes = n[1].low;
  auto const neighbours = n[2].low;
  auto const outside = [](long long value, long long least, long long most, std::string_view what) -> fault {
    if (value < least)
      return {rule::size_not_positive, value, least, what};
    return value > most ? fault{rule::number_too_large, value, most, what} : fault{};
  };
  if (auto const f = outside(nodes, 2, dag::capacity, "nodes"))
    return f;
  if (auto const f = outside(n[3].low, 0, 1000, "a probability in thousandths"))
    return f;
  if (generator == 2)
    return outside(neighbours, 1, nodes - 1, "edges a node");
  if (generator != 3)
    return {};
  if (neighbours % 2 != 0)
    return {rule::odd_neighbours, neighbours, neighbours + 1};
  return outside(neighbours, 2, nodes - 2, "neighbours");
}

/// The listed edges of a wiring; the index of the first bad one and its problem, if any.
struct listed_edges {
  dag graph;
  fault problem{};
  std::size_t where = 0;
};
constexpr listed_edges read_wires(space_view space, std::size_t i, int nodes) {
  listed_edges made{{nodes}};
  space.for_each_child(i, [&](std::size_t child) {
    if (made.problem || space.form(child) != structure::reference)
      return;
    int const from = space[child].attributes[0];
    int const to = space[child].attributes[1];
    made.where = child;
    if (from < 0 || from >= nodes || to < 0 || to >= nodes)
      made.problem = {rule::edge_out_of_range, from < 0 || from >= nodes ? from : to, nodes - 1};
    else if (from >= to)
      made.problem = {rule::edge_goes_backwards, from, to};
    else if (made.graph.has(from, to))
      made.problem = {rule::duplicate_edge, from, to};
    else
      made.graph.connect(from, to);
  });
  return made;
}

constexpr cost_bounds analysis::walk_wiring(std::size_t i, flow& state) {
  auto const numbers = evaluate_.numbers(i);
  if (auto const problem = check_wiring(numbers)) {
    report(problem, i);
    return {};
  }
  int const nodes = static_cast<int>(numbers[1].low);
  std::size_t body = space_.first_child(i);
  while (space_.form(body) == structure::reference)
    body = space_.next(body);
  flow inside{state.now};
  int stride = static_cast<int>(numbers[5].low);
  auto const of_source = walk(body, inside, stride);
  shape const want = inside.now;
  stride = 1;
  auto const of_inner = walk(body, inside, stride);
  require_same(inside.now, want, rule::node_changes_shape, rule::node_changes_shape, body);
  auto const cost_of = [&](dag const& g) {
    cost_bounds whole = times(of_source, g.sources());
    whole += times(of_inner, nodes - g.sources());
    for (int n = 0; n < nodes; ++n)
      if (int const degree = g.in_degree(n); degree > 1)
        whole += bounds_of({degree, 0});
    return whole;
  };
  state.set(want);
  if (numbers[0].is(0)) {
    auto const listed = read_wires(space_, i, nodes);
    if (listed.problem)
      report(listed.problem, listed.where);
    return cost_of(listed.graph);
  }
  auto const draw = [&](long long seed) {
    return cost_of(draw_graph(static_cast<int>(numbers[0].low), nodes, static_cast<int>(numbers[2].low),
                              static_cast<int>(numbers[3].low), static_cast<std::uint64_t>(seed)));
  };
  bool const is_open = space_[i].decided != 0 && space_.is_decided_number(i + 1) &&
                       (space_[i + 1].name.empty() || evaluate_.at == corner::all) &&
                       evaluate_.given.find(evaluate_.id_of(i + 1)) == nullptr;
  if (!is_open && evaluate_.at == corner::all && !numbers[4].is_constant()) { // a formula over a decision
    auto whole = draw(numbers[4].low);
    for (long long s = numbers[4].low + numbers[4].step; s <= numbers[4].high; s += numbers[4].step)
      whole = either(whole, draw(s));
    return whole;
  }
  if (!is_open)
    return draw(numbers[4].low);
  auto whole = draw(evaluate_.option(i + 1, 0));
  for (long long o = 1; o < evaluate_.options(i + 1); ++o)
    whole = either(whole, draw(evaluate_.option(i + 1, o)));
  return whole;
}

} // namespace espalier::dsl::detail
