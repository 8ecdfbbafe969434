#include "decision_spaces.hpp"
#include "distribution.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <spaces/metaqnn.hpp>

#include "catch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using decision_spaces::all_of;
using distributions::check_distribution;
namespace dsl = espalier::dsl;

namespace {

// From 6 x 6 pixels both convolutions and dense layers may begin: 1 + 16 + 12 * 19 + 6 chains.
constexpr auto two_layers = spaces::metaqnn::network("two-layers", dsl::image(1, 6, 6), 2);
constexpr auto four_layers = spaces::metaqnn::network("four-layers", dsl::image(1, 6, 6), 4);

// A chain in a branch, whose layers decide in several ways.
constexpr auto in_a_branch = [] {
  using namespace dsl;
  return search_space("chain-in-a-branch", image(4, 8, 8),
                      choice("body", block("plain", conv(3), flatten(), linear(16)),
                             block("chain",
                                   layer_chain(3,
                                               chain_layer("conv", after("start", "conv"),
                                                           choice(block("deep", conv(3), choice(relu(), batch_norm())),
                                                                  conv(one_of(1, 3), channels(8)))),
                                               chain_layer("pool", after("conv"), max_pool(2, stride(2), padded(0)),
                                                           any_of(relu(), batch_norm()))),
                                   linear(16))),
                      linear(3));
}();

graph expanded_of(dsl::space_view space) {
  return expand(lower(space));
}

std::string sole_fault(decision_space const& space, nlohmann::json decisions) {
  try {
    from_json(space, {{"fingerprint", space.fingerprint()}, {"decisions", std::move(decisions)}});
  } catch (espalier::user_error const& error) {
    return error.what();
  }
  return {};
}

// The values of a chain's layers, as far as it goes.
std::vector<std::uint32_t> layers_of(decision_space const& space, architecture const& a) {
  std::vector<std::uint32_t> found;
  auto const active = active_decisions(space, a);
  for (auto const i : space.chains().at(0).decisions)
    if (active[static_cast<std::size_t>(i)])
      found.push_back(a.values[static_cast<std::size_t>(i)]);
  return found;
}

std::string names_of(decision_space const& space, architecture const& a) {
  std::vector<std::string> names;
  auto const values = layers_of(space, a);
  for (std::size_t k = 0; k < values.size(); ++k)
    names.push_back(space[static_cast<std::size_t>(space.chains()[0].decisions[k])].options[values[k]]);
  return fmt::format("{}", fmt::join(names, " "));
}

// Layer by layer evenly among what is allowed, and evenly among the options of what a layer decides.
double probability_of(decision_space const& space, architecture const& a) {
  auto const& chain = space.chains().at(0);
  auto const active = active_decisions(space, a);
  double probability = 1;
  std::size_t state = 0;
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto const at = std::ranges::find(chain.decisions, static_cast<int>(i)) - chain.decisions.begin();
    if (!active[i])
      continue;
    if (static_cast<std::size_t>(at) == chain.decisions.size()) {
      probability /= static_cast<double>(space[i].options.size());
      continue;
    }
    auto const& next = chain.next[static_cast<std::size_t>(at)][state];
    probability /= static_cast<double>(std::ranges::count_if(next, [](int to) { return to >= 0; }));
    state = static_cast<std::size_t>(next[a.values[i]]);
  }
  return probability;
}

} // namespace

TEST_CASE("a chain's architectures are those that the language counts") {
  decision_space const space{expanded_of(two_layers.view())};
  auto const all = all_of(space);
  CHECK(all.size() == 1 + 16 + 12 * 19 + 6);
  CHECK(space.count() == all.size());
  CHECK(space[0].path == "layer_chain0/0");
  CHECK(space[0].options.front() == "end");
  CHECK(space.find("layer_chain0/1/conv_3x3/conv0/channels") > 0);
  CHECK(space.find("layer_chain0/2") < 0);
  decision_space const nested{expanded_of(in_a_branch.view())};
  CHECK(nested.count() == dsl::count_architectures(in_a_branch.view()));
  CHECK(static_cast<long long>(nested.size()) == dsl::count_decisions(in_a_branch.view()));
}

TEST_CASE("a layer that a chain may hold once has one region, any other one for each position") {
  auto const expanded = expanded_of(four_layers.view());
  std::map<std::string, std::vector<int>> positions;
  for (auto const& held : expanded.body.operations.front().regions)
    for (auto const& op : held.operations)
      if (op.form() == structure::block)
        positions[op.label].push_back(
            held.operations.front().is("layer_position") ? held.operations.front().attribute("layer") : -1);
  CHECK(positions.at("fc512") == std::vector{-1});
  CHECK(positions.at("second_fc_fc256") == std::vector{-1});
  CHECK(positions.at("conv_3x3") == std::vector{0, 1, 2, 3});
  CHECK(positions.at("max_pool_2x2") == std::vector{1, 2, 3}); // behind a convolution
}

TEST_CASE("the chains are drawn evenly, or their layers") {
  decision_space const space{expanded_of(two_layers.view())};
  auto const all = all_of(space);
  std::map<architecture, double> evenly;
  std::map<architecture, double> by_layer;
  for (auto const& a : all) {
    evenly[a] = 1 / static_cast<double>(all.size());
    by_layer[a] = probability_of(space, a);
  }
  random_generator random{11};
  check_distribution(evenly, 400'000, [&] { return sample(space, random); });
  check_distribution(by_layer, 800'000, [&] { return sample(space, random, uniform_over::choices); });
}

TEST_CASE("a mutated layer is any other that may stand there, and the layers behind it stay while they may") {
  decision_space const space{expanded_of(four_layers.view())};
  auto const& chain = space.chains().at(0);
  random_generator random{5};
  for (int n = 0; n < 20'000; ++n) {
    auto const parent = sample(space, random);
    auto child = parent;
    auto const changed = mutate_in_place(child, space, random);
    REQUIRE(changed >= 0);
    REQUIRE(faults(space, child).empty());
    REQUIRE(child != parent);
    auto const layer = std::ranges::find(chain.decisions, changed) - chain.decisions.begin();
    auto const before = layers_of(space, parent);
    auto const after = layers_of(space, child);
    auto const place = std::min(static_cast<std::size_t>(layer), chain.decisions.size());
    for (std::size_t k = 0; k < after.size(); ++k)
      if (k < place)
        REQUIRE(after[k] == before[k]);
      else if (k > place)
        REQUIRE((after[k] == 0 || after[k] == before[k]));
  }
}

TEST_CASE("every decision of a chain that can change is equally likely to, and every layer that it can become") {
  decision_space const space{expanded_of(two_layers.view())};
  using outcomes = std::map<std::string, double>;
  auto const check = [&](nlohmann::json const& layers, outcomes const& expected) {
    auto const parent = from_json(space, {{"fingerprint", space.fingerprint()}, {"decisions", layers}});
    random_generator random{6};
    std::map<std::string, int> drawn;
    for (int n = 0; n < 50'000; ++n)
      ++drawn[names_of(space, mutate(space, parent, random))];
    double sum = 0;
    for (auto const& [child, probability] : expected) {
      auto const difference = drawn[child] - probability * 50'000;
      sum += difference * difference / (probability * 50'000);
    }
    CHECK(drawn.size() == expected.size());
    CHECK(sum < distributions::chi_square_limit(expected.size() - 1));
  };
  auto const each = 0.5 / 7;
  check({{"layer_chain0/0", "fc128"}, {"layer_chain0/1", "end"}}, outcomes{{"fc128 second_fc_fc128", 0.5},
                                                                           {"conv_1x1 end", each},
                                                                           {"conv_3x3 end", each},
                                                                           {"conv_5x5 end", each},
                                                                           {"fc512 end", each},
                                                                           {"fc256 end", each},
                                                                           {"global_avg_pool", each},
                                                                           {"end", each}});
  check({{"layer_chain0/0", "fc256"}, {"layer_chain0/1", "second_fc_fc256"}}, outcomes{{"fc256 end", 0.25},
                                                                                       {"fc256 second_fc_fc128", 0.25},
                                                                                       {"conv_1x1 end", each},
                                                                                       {"conv_3x3 end", each},
                                                                                       {"conv_5x5 end", each},
                                                                                       {"fc512 second_fc_fc256", each},
                                                                                       {"fc128 end", each},
                                                                                       {"global_avg_pool", each},
                                                                                       {"end", each}});
}

TEST_CASE("children of chains are chains") {
  for (auto const view : {four_layers.view(), in_a_branch.view()}) {
    decision_space const space{expanded_of(view)};
    random_generator random{8};
    int crossed = 0;
    for (int n = 0; n < 20'000; ++n) {
      auto const a = sample(space, random);
      auto const b = sample(space, random, uniform_over::choices);
      auto child = crossover(space, a, b, random);
      REQUIRE(faults(space, child).empty());
      auto const of_a = layers_of(space, a);
      auto const of_b = layers_of(space, b);
      auto const of_child = layers_of(space, child);
      auto const same = std::ranges::mismatch(of_child, of_a).in1 - of_child.begin();
      for (auto k = static_cast<std::size_t>(same); k < of_child.size(); ++k)
        REQUIRE(of_child[k] == of_b.at(k));
      crossed += of_child != of_a && of_child != of_b ? 1 : 0;
      for (double const probability : {0.0, 0.3, 1.0}) {
        auto const mutant = mutate(space, a, random, probability);
        REQUIRE(faults(space, mutant).empty());
        REQUIRE((probability > 0 || mutant == a));
      }
      REQUIRE(mutate_in_place(child, space, random) >= 0);
      REQUIRE(faults(space, child).empty());
    }
    CHECK(crossed > 1'000);
  }
}

TEST_CASE("a layer that may not stand where it does is a fault that names its place") {
  decision_space const space{expanded_of(two_layers.view())};
  CHECK_THAT(
      sole_fault(space, {{"layer_chain0/0", "fc128"}, {"layer_chain0/1", "second_fc_fc512"}}),
      ContainsSubstring("layer_chain0/1: 'second_fc_fc512' may not stand behind the layers before it, only 'end' "
                        "or 'second_fc_fc128'"));
  CHECK_THAT(sole_fault(space, {{"layer_chain0/0", "global_avg_pool"}, {"layer_chain0/1", "end"}}),
             ContainsSubstring("layer_chain0/1: does not exist here"));
  CHECK_THAT(sole_fault(space, {{"layer_chain0/0", "fc128"}}), ContainsSubstring("layer_chain0/1: is missing"));
  CHECK(sole_fault(space, {{"layer_chain0/0", "fc128"}, {"layer_chain0/1", "second_fc_fc128"}}).empty());
}

TEST_CASE("the costs of a chain are those of its networks, the least and the greatest exactly") {
  auto const expanded = expanded_of(two_layers.view());
  decision_space const space{expanded};
  cost_model const costs{expanded, space};
  CHECK_FALSE(costs.is_sum());
  auto least = costs.of(all_of(space).front());
  auto greatest = least;
  for (auto const& a : all_of(space)) {
    auto const cost = cost_of(specialize(expanded, space, a));
    CHECK(costs.of(a) == cost);
    least = {std::min(least.params, cost.params), std::min(least.macs, cost.macs)};
    greatest = {std::max(greatest.params, cost.params), std::max(greatest.macs, cost.macs)};
  }
  using key = long long dsl::operation_cost::*;
  auto const extreme = [&](key which, auto find) { return costs.of((costs.*find)(which)).*which; };
  for (key const which : {&dsl::operation_cost::params, &dsl::operation_cost::macs}) {
    CHECK(extreme(which, &cost_model::smallest) == least.*which);
    CHECK(extreme(which, &cost_model::largest) == greatest.*which);
  }
  CHECK_THROWS_WITH(costs.expected({}, &dsl::operation_cost::macs), ContainsSubstring("no sum over few decisions"));
}

TEST_CASE("samples of a chain keep a budget") {
  compiled_space const space{lower(four_layers.view())};
  random_generator random{3};
  constraint const limit{&space.costs, 300'000, 60'000};
  for (int n = 0; n < 100; ++n) {
    auto const a = sample(space.decisions, random, limit);
    CHECK(space.costs.of(a).macs <= 300'000);
    CHECK(space.costs.of(a).params <= 60'000);
  }
  CHECK_THROWS_WITH(sample(space.decisions, random, {&space.costs, {}, 9}),
                    ContainsSubstring("the smallest has 20 params"));
}

TEST_CASE("beside other decisions, the cost of a chain is known of one architecture at a time") {
  auto const expanded = expanded_of(in_a_branch.view());
  for (auto const& fault : verify(expanded))
    FAIL_CHECK(fault.where << ": " << fault.message);
  CHECK(parse(print(expanded), "chain") == expanded);
  decision_space const space{expanded};
  cost_model const costs{expanded, space};
  random_generator random{4};
  for (int n = 0; n < 50; ++n) {
    auto const a = sample(space, random);
    auto const network = specialize(expanded, space, a);
    CHECK(verify(network).empty());
    CHECK(costs.of(a) == cost_of(network));
  }
  CHECK_THROWS_AS(costs.smallest(&dsl::operation_cost::macs), espalier::user_error);
}

TEST_CASE("a chain as text that contradicts itself is refused") {
  auto const text = print(expanded_of(two_layers.view()));
  auto const message_of = [&](std::string const& before, std::string const& after) {
    auto changed = text;
    changed.replace(changed.find(before), before.size(), after);
    try {
      decision_space const space{parse(changed, "chain.ir")};
    } catch (espalier::user_error const& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(message_of("limit = 2", "limit = 1").empty());
  CHECK_THAT(message_of("transition \"conv_1x1\" {to = 1}", "transition \"conv_9x9\" {to = 1}"),
             ContainsSubstring("no region holds the layer 'conv_9x9' for position 0"));
  CHECK_THAT(message_of("transition \"conv_3x3\" {to = 1}", "transition \"conv_1x1\" {to = 2}"),
             ContainsSubstring("conv_1x1 leads from state 0 to both 1 and 2"));
  CHECK_THAT(message_of("transition \"conv_1x1\" {to = 1}", "transition \"conv_1x1\" {to = 5000}"),
             ContainsSubstring("states are counted from 0 to 1023"));
  auto const faults =
      verify(parse("espalier 1\nspace \"s\" (%input: image[8, 32, 32]) {\n%a = wiring %input {nodes = 2} "
                   "(%x) {\ntransition \"b\"\n%b = conv %x\nyield %b\n}\nyield %a\n}\n"));
  REQUIRE_FALSE(faults.empty());
  CHECK_THAT(faults.front().message, ContainsSubstring("a transition stands outside of an expanded chain"));
}
