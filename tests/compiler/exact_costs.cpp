#include "decision_spaces.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/declared_facts.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/dsl.hpp>

#include "catch.hpp"

#include <algorithm>
#include <set>

using namespace espalier::compiler;
namespace dsl = espalier::dsl;
using namespace espalier::dsl;

namespace {

constexpr std::array keys{&operation_cost::params, &operation_cost::macs};

// The cost of every architecture, each bound to a network.
std::vector<operation_cost> all_costs(graph const& expanded, decision_space const& space) {
  std::vector<operation_cost> costs;
  for (auto const& a : decision_spaces::all_of(space))
    costs.push_back(cost_of(specialize(expanded, space, a)));
  return costs;
}

cardinality count_at_most(std::vector<operation_cost> const& costs, long long operation_cost::*key, long long most) {
  return static_cast<unsigned long long>(
      std::ranges::count_if(costs, [&](auto const& cost) { return cost.*key <= most; }));
}

std::optional<long long> least_declared(declared_facts const& facts, long long operation_cost::*key) {
  return (key == &operation_cost::params ? facts.params : facts.macs).least;
}
std::optional<long long> greatest_declared(declared_facts const& facts, long long operation_cost::*key) {
  return (key == &operation_cost::params ? facts.params : facts.macs).greatest;
}
cardinality counted_within(dsl::space_view space, long long operation_cost::*key, long long most) {
  return key == &operation_cost::params ? count_within(space, dsl::params{most}) : count_within(space, dsl::macs{most});
}

// Compares the extremes that are declared with those of all architectures.
std::vector<operation_cost> check_extremes(dsl::space_view declared) {
  auto const structured = lower(declared);
  auto const expanded = expand(structured);
  decision_space const space{expanded};
  auto costs = all_costs(expanded, space);
  auto const facts = facts_of(structured);
  for (auto const key : keys) {
    auto const number = [&](auto const& cost) { return cost.*key; };
    auto const [least, greatest] = std::ranges::minmax(costs, {}, number);
    CHECK(least_declared(facts, key) == number(least));
    CHECK(greatest_declared(facts, key) == number(greatest));
    CHECK(counted_within(declared, key, number(least) - 1) == cardinality{});
    CHECK(counted_within(declared, key, number(least)) > cardinality{});
    CHECK(counted_within(declared, key, number(greatest) - 1) < facts.architectures);
    CHECK(counted_within(declared, key, number(greatest)) == facts.architectures);
  }
  return costs;
}

// Compares the declared costs and counts with the costs of all architectures.
void check_costs(dsl::space_view declared) {
  CAPTURE(declared.name.stem());
  auto const costs = check_extremes(declared);
  CHECK(cardinality{costs.size()} == dsl::count_architectures(declared));
  for (auto const key : keys) {
    std::set<long long> different;
    for (auto const& cost : costs)
      different.insert(cost.*key);
    for (auto const cost : different)
      for (auto const most : {cost - 1, cost})
        REQUIRE(counted_within(declared, key, most) == count_at_most(costs, key, most));
  }
}

constexpr auto edge = choice(skip_connect(), sep_conv(3));

template <class First, class... Others>
constexpr auto network(label name, First const& first, Others const&... others) {
  return search_space(name, image(3, 8, 8), conv(3, channels(6)), first, others..., global_avg_pool(), linear(5));
}

} // namespace

TEST_CASE("costs of cells whose nodes pick what they read are exact") {
  constexpr auto normal = cell("normal", nodes(2), picks(2), loose_ends, edge);
  constexpr auto reduction = cell("reduction", nodes(2), picks(1), loose_ends, edge, stride(2));
  static constexpr auto alone = network("alone", normal(2));
  check_costs(alone.view());
  static constexpr auto again = network("again", repeat(3, normal(4)));
  check_costs(again.view());
  static constexpr auto halved = network("halved", normal(2), reduction(4), normal(4));
  check_costs(halved.view());
}

TEST_CASE("costs of cells with one pick a node are exact") {
  constexpr auto one = cell("one", nodes(1), picks(1), edge);
  static constexpr auto single = network("single", one(2), one(4, stride(2)), one(4));
  check_costs(single.view());
  constexpr auto three = cell("three", nodes(3), picks(1), loose_ends, edge);
  static constexpr auto chained = network("chained", three(2), three(2));
  check_costs(chained.view());
  constexpr auto kept = cell("kept", nodes(3), keep(1), edge);
  static constexpr auto with_keep = network("with-keep", kept(2), kept(3));
  check_costs(with_keep.view());
}

TEST_CASE("costs of cells that project what they concatenate are exact") {
  constexpr auto normal = cell("normal", nodes(2), picks(2), add_or_concat, loose_ends, choice(conv(1), max_pool(3)));
  static constexpr auto projecting = network("projecting", normal(2), normal(3));
  check_costs(projecting.view());
}

TEST_CASE("costs of cells with other operations on edges from the inputs are exact") {
  constexpr auto both = cell("both", nodes(2), keep(1), loose_ends, choice(conv(1), max_pool(3)),
                             choice(conv(3), max_pool(3)), choice(conv(1), skip_connect()));
  static constexpr auto unlike = network("unlike", both(4), both(2));
  check_costs(unlike.view());
}

TEST_CASE("costs of cells whose nodes read different ones are exact") {
  constexpr auto kept = cell("kept", nodes(3), keep(2), loose_ends, edge);
  static constexpr auto loose = network("loose", kept(2));
  check_costs(loose.view());
  constexpr auto last = cell("last", nodes(3), keep(2), last_node, choice(conv(1), max_pool(3)));
  static constexpr auto of_last = network("of-last", last(2));
  check_extremes(of_last.view());
  constexpr auto all = cell("all", nodes(2), keep_all, loose_ends, edge);
  static constexpr auto of_all = network("of-all", all(2), all(4));
  check_costs(of_all.view());
}

TEST_CASE("extreme costs of cells of which only what the last node reads is left are exact") {
  constexpr auto last = cell("last", nodes(3), picks(1), last_node, edge);
  static constexpr auto of_last = network("of-last", last(2), last(3));
  check_extremes(of_last.view());
}
