#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/text.hpp>
#include <spaces/darts.hpp>

#include "catch.hpp"

#include <bit>
#include <map>
#include <set>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;

namespace {

// 1 + 3 * 2 architectures in the first choice, whose branches differ in size; 2 * 1 + 2 * 3 + 1 * 3 in the select,
// whose edges do.
constexpr std::string_view unequal_text = R"(espalier 1
space "unequal" (%input: image[4, 8, 8]) {
  %branch0 = choice "branch" %input (%x) {
    %relu0 = relu %x
    yield %relu0
  } or (%x) {
    %deep0 = block "deep" %x (%x) {
      %kernel0 = choice "kernel" %x (%x) {
        %conv0 = conv %x {kernel = 3}
        yield %conv0
      } or (%x) {
        %conv0 = conv %x {kernel = 5}
        yield %conv0
      } or (%x) {
        %conv0 = conv %x {kernel = 7}
        yield %conv0
      }
      %norm0 = choice "norm" %kernel0 (%x) {
        %batch_norm0 = batch_norm %x
        yield %batch_norm0
      } or (%x) {
        %relu0 = relu %x
        yield %relu0
      }
      yield %norm0
    }
    yield %deep0
  }
  %a = relu %branch0
  %b = max_pool %branch0 {kernel = 3}
  %c = avg_pool %branch0 {kernel = 3}
  %edge0 = choice "edge0" %a (%x) {
    %relu0 = relu %x
    yield %relu0
  } or (%x) {
    %conv0 = conv %x {kernel = 1}
    yield %conv0
  }
  %edge1 = batch_norm %b
  %edge2 = choice "edge2" %c (%x) {
    %relu0 = relu %x
    yield %relu0
  } or (%x) {
    %conv0 = conv %x {kernel = 1}
    yield %conv0
  } or (%x) {
    %conv0 = conv %x {kernel = 3}
    yield %conv0
  }
  %join = select "join" %edge0, %edge1, %edge2 {least = 2, most = 2}
  yield %join
}
)";

struct unequal {
  graph expanded = expand(parse(unequal_text));
  decision_space space{expanded};
  cost_model costs{expanded, space};
};

std::size_t active_differences(decision_space const& space, architecture const& a, architecture const& b) {
  auto const in_a = active_decisions(space, a);
  auto const in_b = active_decisions(space, b);
  std::size_t count = 0;
  for (std::size_t i = 0; i < space.size(); ++i)
    count += static_cast<std::size_t>(in_a[i] && in_b[i] && a.values[i] != b.values[i]);
  return count;
}

double chi_square(std::map<architecture, int> const& drawn, double expected) {
  double sum = 0;
  for (auto const& [a, count] : drawn)
    sum += (count - expected) * (count - expected) / expected;
  return sum;
}

} // namespace

TEST_CASE("the generator is xoshiro256++ seeded by splitmix64") {
  random_generator random{0};
  CHECK(random() == 0x53175d61490b23dfULL);
  CHECK(random() == 0x61da6f3dc380d507ULL);
  CHECK(random() == 0x5c0fdf91ec9a7bfcULL);
  random_generator again{0};
  CHECK(again() == 0x53175d61490b23dfULL);
}

TEST_CASE("below is uniform, for small and for large bounds") {
  random_generator random{11};
  CHECK(random.below(1U) == 0);
  CHECK_THROWS_AS(random.below(0U), espalier::internal_error);
  std::vector<int> small(7);
  for (int i = 0; i < 70'000; ++i)
    ++small[random.below(7U)];
  for (int const count : small)
    CHECK(count == Approx(10'000).margin(400)); // 4 standard deviations
  auto const third = espalier::dsl::power(10, 30);
  std::vector<int> large(3);
  for (int i = 0; i < 30'000; ++i) {
    auto const drawn = random.below(third + third + third);
    ++large[drawn < third ? 0 : drawn < third + third ? 1 : 2];
  }
  for (int const count : large)
    CHECK(count == Approx(10'000).margin(330));
  double sum = 0;
  for (int i = 0; i < 10'000; ++i)
    sum += random.uniform();
  CHECK(sum / 10'000 == Approx(0.5).margin(0.012));
}

TEST_CASE("every architecture is equally likely, however unequal the branches") {
  unequal const u;
  REQUIRE(u.space.count() == 77);
  random_generator random{1};
  std::map<architecture, int> drawn;
  for (int i = 0; i < 77'000; ++i)
    ++drawn[sample(u.space, random)];
  for (auto const& [a, count] : drawn)
    REQUIRE(faults(u.space, a).empty());
  CHECK(drawn.size() == 77);
  CHECK(chi_square(drawn, 1000) < 120); // 76 degrees of freedom: p = 0.001
}

TEST_CASE("a sample is reproducible") {
  decision_space const space{expand(lower(spaces::darts::search.view()))};
  random_generator one{42};
  random_generator two{42};
  for (int i = 0; i < 10; ++i)
    CHECK(sample(space, one) == sample(space, two));
}

TEST_CASE("a mutation changes one decision and stays valid") {
  unequal const u;
  decision_space const darts{expand(lower(spaces::darts::search.view()))};
  random_generator random{2};
  for (auto const* space : {&u.space, &darts})
    for (int i = 0; i < 5'000; ++i) {
      auto const parent = sample(*space, random);
      auto const child = mutate(*space, parent, random);
      REQUIRE(faults(*space, child).empty());
      REQUIRE(active_differences(*space, parent, child) == 1);
      auto const active = active_decisions(*space, parent);
      for (std::size_t d = 0; d < space->size(); ++d)
        if (active[d] && (*space)[d].type == decision::kind::subset)
          REQUIRE(std::popcount(parent.values[d] ^ child.values[d]) <= 2);
    }
}

TEST_CASE("a mutation with a probability draws that share of the decisions anew") {
  decision_space const space{expand(lower(spaces::darts::search.view()))};
  random_generator random{9};
  auto const parent = sample(space, random);
  CHECK(mutate(space, parent, random, 0) == parent);
  auto const first = static_cast<std::size_t>(space.find("normal/node3/inputs")); // 10 subsets of two of five
  int changed = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto const child = mutate(space, parent, random, 0.2);
    REQUIRE(faults(space, child).empty());
    changed += child.values[first] != parent.values[first];
  }
  CHECK(changed == Approx(10'000 * 0.2 * 0.9).margin(160));
}

TEST_CASE("mutations reach every architecture") {
  unequal const u;
  random_generator random{3};
  std::set<architecture> reached;
  auto a = sample(u.space, random);
  for (int i = 0; i < 10'000; ++i)
    reached.insert(a = mutate(u.space, a, random));
  CHECK(reached.size() == 77);
}

TEST_CASE("where there is nothing to change, a mutation is the parent") {
  decision_space const none{
      expand(parse("espalier 1\nnetwork \"n\" (%x: image[1, 2, 2]) {\n%a = relu %x\nyield %a\n}"))};
  random_generator random{4};
  CHECK(none.count() == 1);
  CHECK(mutate(none, sample(none, random), random) == sample(none, random));
}

TEST_CASE("a crossover takes each decision from a parent that has it") {
  unequal const u;
  decision_space const darts{expand(lower(spaces::darts::search.view()))};
  random_generator random{5};
  int taken_from_a = 0;
  for (auto const* space : {&u.space, &darts})
    for (int i = 0; i < 5'000; ++i) {
      auto const a = sample(*space, random);
      auto const b = sample(*space, random);
      auto const child = crossover(*space, a, b, random);
      REQUIRE(faults(*space, child).empty());
      REQUIRE(crossover(*space, a, a, random) == a);
      auto const in_a = active_decisions(*space, a);
      auto const in_b = active_decisions(*space, b);
      auto const active = active_decisions(*space, child);
      for (std::size_t d = 0; d < space->size(); ++d)
        REQUIRE(
            (!active[d] || (in_a[d] && a.values[d] == child.values[d]) || (in_b[d] && b.values[d] == child.values[d])));
      taken_from_a += child.values[0] == a.values[0];
    }
  CHECK(taken_from_a > 5'000);
  CHECK(taken_from_a < 9'000);
}

TEST_CASE("a constrained sample is uniform among what the constraint admits") {
  unequal const u;
  random_generator random{6};
  constraint const limit{&u.costs, 64 * 16 * 9, {}}; // no more than one 3x3 convolution
  limit.require_feasible();
  std::map<architecture, int> drawn;
  for (int i = 0; i < 20'000; ++i)
    ++drawn[sample(u.space, random, limit)];
  for (auto const& [a, count] : drawn)
    REQUIRE(u.costs.of(a).macs <= *limit.max_macs);
  auto const kinds = static_cast<double>(drawn.size());
  CHECK(drawn.size() > 10);
  CHECK(drawn.size() < 77);
  CHECK(chi_square(drawn, 20'000 / kinds) < 2 * kinds + 20);
}

TEST_CASE("a constraint that nothing satisfies is refused with the smallest cost") {
  unequal const u;
  random_generator random{8};
  constraint const impossible{&u.costs, -1, {}};
  CHECK_THROWS_WITH(impossible.require_feasible(),
                    "no architecture has at most -1 macs: the smallest has 0 macs; raise the limit to that");
  CHECK_THROWS_WITH(sample(u.space, random, impossible), ContainsSubstring("the smallest has 0 macs"));
  CHECK_NOTHROW(constraint{}.require_feasible());
  CHECK(constraint{}.admits(sample(u.space, random)));

  // It can be met, but by next to none of 10^18 architectures.
  decision_space const darts{expand(lower(spaces::darts::search.view()))};
  cost_model const costs{expand(lower(spaces::darts::search.view())), darts};
  auto const least = costs.of(costs.smallest(&operation_cost::macs)).macs;
  constraint const rare{&costs, least, {}};
  CHECK_NOTHROW(rare.require_feasible());
  auto const a = sample(darts, random, rare);
  CHECK(faults(darts, a).empty());
  CHECK(costs.of(a).macs == least);

  auto const counted = rare.counted;
  REQUIRE(counted);
  for (int i = 0; i < 1000; ++i) // each would else be rejected a hundred thousand times
    REQUIRE(costs.of(sample(darts, random, rare)).macs == least);
  CHECK(rare.counted == counted);
}
