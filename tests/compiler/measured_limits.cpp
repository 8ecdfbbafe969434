#include <espalier/compiler/measured_limits.hpp>

#include <espalier/compiler/activation_memory.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/operation_shapes.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/dsl.hpp>
#include <spaces/metaqnn.hpp>

#include "catch.hpp"
#include "decision_spaces.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr auto blocks = [] {
  using namespace espalier::dsl;
  return search_space("blocks", image(2, 8, 8), conv(3, channels(one_of(4, 8, 16))),
                      repeat(2, choice(conv(1), conv(3), max_pool(3), skip_connect())), global_avg_pool(), linear(4));
}();

// Every operation takes a time of its own.
latency_table made_up(graph const& expanded) {
  latency_table table{"cpu", 1, {}};
  for (auto const& shape : operation_shapes(expanded)) {
    auto const ms = 1e-3 * static_cast<double>(100 + 37 * table.entries.size() % 91);
    table.entries.emplace(shape.key(), timing{ms, ms, ms, 1});
  }
  return table;
}

// A space with everything in it, and what each network costs that is built.
struct measured_space {
  struct costs {
    operation_cost counted;
    double memory;
    double latency;
  };

  compiled_space space{lower(blocks.view())};
  latency_table table = made_up(space.expanded);
  std::vector<architecture> all = decision_spaces::all_of(space.decisions);

  [[nodiscard]] costs of(architecture const& a) const {
    auto const network = specialize(space.expanded, space.decisions, a);
    return {cost_of(network), static_cast<double>(inference_memory(network)), latency_of(network, table)};
  }
};

} // namespace

TEST_CASE("a constraint admits and draws exactly what every one of its limits does") {
  measured_space const s;
  REQUIRE(s.all.size() == 48);
  random_generator random{3};
  std::set<std::size_t> sizes;
  for (std::size_t n = 0; n < s.all.size(); ++n) { // limits are what some architectures cost
    auto const macs = s.of(s.all[n]).counted.macs;
    auto const params = s.of(s.all[(n * 5 + 40) % s.all.size()]).counted.params;
    auto const memory = s.of(s.all[(n * 7 + 30) % s.all.size()]).memory;
    auto const latency = s.of(s.all[(n * 11 + 20) % s.all.size()]).latency + 1e-6; // not on the edge of rounding
    constraint limit{&s.space.costs, macs, params};
    limit.measured = {memory_limit(s.space, static_cast<long long>(memory)), latency_limit(s.space, s.table, latency)};
    std::set<architecture> within;
    for (auto const& a : s.all) {
      auto const cost = s.of(a);
      bool const fits = cost.counted.macs <= macs && cost.counted.params <= params && cost.memory <= memory &&
                        cost.latency <= latency;
      CHECK(limit.admits(a) == fits);
      if (fits)
        within.insert(a);
    }
    sizes.insert(within.size());
    if (within.empty())
      continue;
    std::set<architecture> drawn;
    for (int draw = 0; draw < 500; ++draw)
      drawn.insert(sample(s.space.decisions, random, limit));
    CHECK(drawn == within);
  }
  CHECK(sizes.size() > 6);
}

TEST_CASE("a limit below the least latency is refused with the least, rounded up") {
  measured_space const s;
  double least = s.of(s.all.front()).latency;
  for (auto const& a : s.all)
    least = std::min(least, s.of(a).latency);
  constraint limit{&s.space.costs, {}, {}};
  limit.measured = {latency_limit(s.space, s.table, 0.0001)};
  REQUIRE(limit.measured.front().least);
  CHECK(*limit.measured.front().least == Approx(least));
  auto const reachable = std::ceil(*limit.measured.front().least * 1000) / 1000;
  auto const message = fmt::format(
      "no architecture has at most 0.0001 ms of latency: the smallest has {} ms of latency; raise the limit to that",
      reachable);
  CHECK_THROWS_WITH(limit.require_feasible(), message);
  random_generator random{4};
  CHECK_THROWS_WITH(sample(s.space.decisions, random, limit), message);
  limit.measured = {latency_limit(s.space, s.table, reachable)};
  CHECK_NOTHROW(sample(s.space.decisions, random, limit));
}

TEST_CASE("a limit on memory that nothing was found for names what the smallest architecture needs") {
  measured_space const s;
  auto const& costs = s.space.costs;
  constraint limit{&costs, {}, {}};
  limit.measured = {memory_limit(s.space, 8)};
  CHECK_NOTHROW(limit.require_feasible()); // the least is not known
  auto const needs = std::min(s.of(costs.smallest(&operation_cost::macs)).memory,
                              s.of(costs.smallest(&operation_cost::params)).memory);
  random_generator random{5};
  CHECK_THROWS_WITH(sample(s.space.decisions, random, limit),
                    ContainsSubstring("fewer than 1 in 10000 architectures has at most 8 bytes of memory") &&
                        ContainsSubstring(fmt::format("has {} bytes of memory; raise the limit", needs)));
}

TEST_CASE("where exact counting draws for one limit, the measured ones are kept, too") {
  compiled_space const space{lower([] {
    using namespace espalier::dsl;
    static constexpr auto deep = search_space("deep", image(4, 8, 8), repeat(16, choice(conv(1), conv(3), conv(5))),
                                              global_avg_pool(), linear(2));
    return deep.view();
  }())};
  auto const least = space.costs.of(space.costs.smallest(&operation_cost::macs)).macs;
  auto const wider = 64LL * 4 * 4 * (9 - 1);
  auto const is_second_wide = [](architecture const& a) { return a.values[1] != 0 ? 1.0 : 0.0; };
  constraint limit{&space.costs, least + wider, {}}; // at most one 3x3 convolution: 17 of 43 million
  limit.measured = {{"width", "layers", is_second_wide, 0.0}};
  random_generator random{6};
  std::set<architecture> drawn;
  for (int n = 0; n < 400; ++n)
    drawn.insert(sample(space.decisions, random, limit));
  CHECK(limit.counted);
  CHECK(drawn.size() == 16);
  CHECK(std::ranges::all_of(drawn, [&](architecture const& a) { return limit.admits(a); }));
}

TEST_CASE("a table that lacks an operation is refused before anything is drawn, also where times are no sum") {
  measured_space const s;
  CHECK_THROWS_WITH(latency_limit(s.space, {"cpu", 1, {}}, 1), ContainsSubstring("has no entry for"));
  compiled_space const chain{lower(spaces::metaqnn::mnist.view())};
  CHECK_THROWS_WITH(latency_limit(chain, {"cpu", 1, {}}, 1), ContainsSubstring("has no entry for"));
  CHECK_FALSE(latency_limit(chain, made_up(chain.expanded), 1).least);
}
