#include "decision_spaces.hpp"
#include "decision_weights.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/declared_facts.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/dsl.hpp>

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <set>

using namespace espalier::compiler;
namespace dsl = espalier::dsl;
using namespace espalier::dsl;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::array keys{&operation_cost::params, &operation_cost::macs};

double probability(decision_space const& space, architecture const& a,
                   std::vector<std::vector<double>> const& weights) {
  double product = 1;
  auto const active = active_decisions(space, a);
  for (std::size_t i = 0; i < space.size(); ++i)
    for (std::size_t o = 0; o < space[i].options.size() && active[i]; ++o)
      if (takes(space[i], a.values[i], o))
        product *= weights[i][o];
      else if (space[i].type == decision::kind::subset)
        product *= 1 - weights[i][o];
  return product;
}

// The cost of every architecture, each bound to a network: what the sum over decisions says, too.
std::vector<operation_cost> all_costs(graph const& expanded, decision_space const& space) {
  cost_model const model{expanded, space};
  REQUIRE(model.is_sum());
  std::vector<operation_cost> costs;
  for (auto const& a : decision_spaces::all_of(space)) {
    costs.push_back(cost_of(specialize(expanded, space, a)));
    REQUIRE(model.of(a) == costs.back());
  }
  for (auto const key : keys) {
    auto const [least, greatest] = std::ranges::minmax(costs, {}, [&](auto const& cost) { return cost.*key; });
    CHECK(model.of(model.smallest(key)).*key == least.*key);
    CHECK(model.of(model.largest(key)).*key == greatest.*key);
  }
  return costs;
}

// The expected cost is that of all architectures, and its gradient that of finite differences.
void check_expected(dsl::space_view declared) {
  auto const expanded = expand(lower(declared));
  decision_space const space{expanded};
  cost_model const model{expanded, space};
  random_generator random{41};
  auto weights = decision_weights(space, random);
  auto const expected = model.expected(weights, &operation_cost::macs);
  double sum = 0;
  for (auto const& a : decision_spaces::all_of(space))
    sum += probability(space, a, weights) * static_cast<double>(model.of(a).macs);
  CHECK(expected.value == Approx(sum));
  constexpr double step = 1e-4;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (std::size_t o = 0; o < weights[i].size(); ++o) {
      auto const at = [&](double shift) {
        auto shifted = weights;
        shifted[i][o] += shift;
        return model.expected(shifted, &operation_cost::macs).value;
      };
      REQUIRE(expected.gradient[i][o] == Approx((at(step) - at(-step)) / (2 * step)).epsilon(1e-5).margin(1e-2));
    }
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
  check_expected(halved.view());
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

TEST_CASE("costs of chains that add or concatenate earlier layers are exact") {
  static constexpr auto added =
      network("added", skip_chain("layers", nodes(4), reduce_every(2),
                                  choice(block("conv", conv(3)), block("pool", max_pool(3)))));
  static constexpr auto concatenated =
      network("concatenated", skip_chain("layers", nodes(3), concatenating,
                                         block("layer", conv(one_of(1, 3), channels(one_of(4, 6))), batch_norm())));
  for (dsl::space_view const declared : {added.view(), concatenated.view()}) {
    CAPTURE(declared.name.stem());
    auto const expanded = expand(lower(declared));
    decision_space const space{expanded};
    all_costs(expanded, space);
    check_expected(declared);
  }
}

TEST_CASE("costs of graphs whose edges decide how wide vertices are are exact") {
  constexpr auto graph_of =
      graph_cell("cell", nodes(3), max_edges(6), choice(block("conv", conv(3), batch_norm(), relu()), max_pool(3)));
  static constexpr auto graphs = network("graphs", graph_of(5), max_pool(2, stride(2), padded(0)), graph_of(8));
  auto const expanded = expand(lower(graphs.view()));
  decision_space const space{expanded};
  all_costs(expanded, space);
  cost_model const model{expanded, space};
  random_generator random{41};
  CHECK_THROWS_WITH(model.expected(decision_weights(space, random), &operation_cost::macs),
                    ContainsSubstring("which options cell/edges keeps together"));
}
