#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/role_levels.hpp>
#include <spaces/amoebanet.hpp>
#include <spaces/attentive_nas.hpp>
#include <spaces/auto_former.hpp>
#include <spaces/big_nas.hpp>
#include <spaces/darts.hpp>
#include <spaces/enas.hpp>
#include <spaces/hybrid.hpp>
#include <spaces/metaqnn.hpp>
#include <spaces/mnasnet.hpp>
#include <spaces/nas_bench_101.hpp>
#include <spaces/nas_rl.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>
#include <spaces/spos.hpp>

#include "catch.hpp"

#include <map>
#include <set>

using namespace espalier::compiler;
using counts = std::map<decision_role, std::ptrdiff_t>;
using enum decision_role;

namespace {

struct space_with_roles : compiled_space {
  explicit space_with_roles(espalier::dsl::space_view declared) : compiled_space(lower(declared)) {}

  std::vector<decision_role> roles = roles_of(expanded, decisions);

  [[nodiscard]] counts counted() const {
    counts made;
    for (auto const role : roles)
      ++made[role];
    return made;
  }
  [[nodiscard]] decision_role of(std::string_view path) const {
    return roles.at(static_cast<std::size_t>(decisions.find(path)));
  }
  [[nodiscard]] int number(architecture const& a, std::string_view path) const {
    auto const i = static_cast<std::size_t>(decisions.find(path));
    return decisions[i].numbers.at(a.values[i]);
  }
};

role_levels all_at(double level) {
  return {{resolution, level}, {depth, level}, {width, level}, {kernel, level}, {expansion, level}};
}

// clang-format off
namespace declared {

using namespace espalier::dsl;

/// Names that say nothing of what a number sizes; an expansion that a constraint couples with a width.
constexpr auto nameless = search_space("nameless", image(1, 8, 8),
    conv(one_of("a", 5, 1, 3), channels(one_of("b", 8, 4, 6))), batch_norm(),
    block("c", where(one_of("d", 1, 2, 3) <= one_of("e", 1, 2)),
          conv(1, channels(one_of("d", 1, 2, 3) * input_channels)), relu(),
          conv(3, channels(round_down(4 * one_of("e", 1, 2) / 2)), dilation(one_of("f", 1, 2)))),
    repeat(range("g", 2, 4) - 1, conv(3, channels(12))),
    global_avg_pool(), linear(3 * one_of("b", 8, 4, 6)), linear(one_of("h", 1, 2) * one_of("b", 8, 4, 6)), linear(3));

} // namespace declared
// clang-format on

} // namespace

TEST_CASE("the roles of published spaces") {
  using namespace spaces;
  CHECK(space_with_roles{ofa_mobilenet_v3::supernet.view()}.counted() ==
        counts{{resolution, 1}, {depth, 5}, {kernel, 20}, {expansion, 20}});
  CHECK(space_with_roles{attentive_nas::supernet.view()}.counted() ==
        counts{{resolution, 1}, {depth, 7}, {width, 9}, {kernel, 7}, {expansion, 4}});
  CHECK(space_with_roles{big_nas::supernet.view()}.counted() ==
        counts{{resolution, 1}, {depth, 7}, {width, 9}, {kernel, 5}});
  CHECK(space_with_roles{spos::blocks.view()}.counted() == counts{{other, 20}});
  CHECK(space_with_roles{spos::channels_only.view()}.counted() == counts{{width, 20}});
  CHECK(space_with_roles{spos::blocks_and_channels.view()}.counted() == counts{{width, 80}, {other, 20}});
  // Embedding and 14 times heads; depth; 14 MLP ratios.
  CHECK(space_with_roles{auto_former::tiny.view()}.counted() == counts{{depth, 1}, {width, 15}, {expansion, 14}});
  // Three of a cell's four nodes decide what they read, in DARTS; in AmoebaNet each of five nodes picks two.
  CHECK(space_with_roles{darts::search.view()}.counted() == counts{{input, 6}, {other, 28}});
  CHECK(space_with_roles{amoebanet::search.view()}.counted() == counts{{input, 20}, {other, 20}});
  CHECK(space_with_roles{enas::macro.view()}.counted() == counts{{input, 11}, {other, 12}});
  CHECK(space_with_roles{nas_bench_101::cifar10.view()}.counted() == counts{{input, 1}, {other, 5}});
}

TEST_CASE("a role follows from where a number stands, not from its name") {
  space_with_roles const space{declared::nameless.view()};
  CHECK(space.of("a") == kernel);
  CHECK(space.of("b") == width); // also as a factor
  CHECK(space.of("d") == expansion);
  CHECK(space.of("e") == width);
  CHECK(space.of("f") == other);
  CHECK(space.of("g") == depth);
  CHECK(space.of("h") == expansion);
}

TEST_CASE("the levels of roles are options by size, as a constraint allows") {
  space_with_roles const space{declared::nameless.view()};
  random_generator random{1};
  auto const numbers_at = [&](role_levels const& levels) {
    auto const a = at_levels(space.decisions, space.roles, levels, random);
    CHECK(faults(space.decisions, a) == std::vector<std::string>{});
    std::string numbers;
    for (auto const* path : {"a", "b", "d", "e", "g", "h"})
      numbers += std::to_string(space.number(a, path)) + " ";
    return numbers;
  };
  CHECK(numbers_at(all_at(0)) == "1 4 1 1 2 1 ");
  CHECK(numbers_at(all_at(1)) == "5 8 2 2 4 2 "); // d is 3 only where e is
  CHECK(numbers_at({{resolution, 1}, {depth, 0.5}, {width, 1}, {kernel, 0.5}, {expansion, 0}}) == "3 8 1 2 3 1 ");
}

TEST_CASE("all roles at their least and at their greatest are the smallest and the largest architecture") {
  for (auto const view : {spaces::ofa_mobilenet_v3::supernet.view(), spaces::attentive_nas::supernet.view(),
                          spaces::big_nas::supernet.view(), spaces::spos::channels_only.view()}) {
    space_with_roles const space{view};
    random_generator random{2};
    auto const macs = &operation_cost::macs;
    auto const& costs = space.costs;
    CHECK(costs.of(at_levels(space.decisions, space.roles, all_at(0), random)) == costs.of(costs.smallest(macs)));
    CHECK(costs.of(at_levels(space.decisions, space.roles, all_at(1), random)) == costs.of(costs.largest(macs)));
  }
}

TEST_CASE("what no level settles is drawn, and whatever then exists is valid") {
  for (auto const view : {spaces::hybrid::classifier.view(), spaces::mnasnet::factorized.view(),
                          spaces::nas_rl::cifar10.view(), spaces::metaqnn::mnist.view(), spaces::spos::blocks.view()}) {
    space_with_roles const space{view};
    random_generator random{3};
    std::set<architecture> made;
    for (int i = 0; i < 50; ++i) {
      auto const a = at_levels(space.decisions, space.roles, all_at(0.5), random);
      REQUIRE(faults(space.decisions, a) == std::vector<std::string>{});
      made.insert(a);
    }
    CHECK(made.size() > 5);
  }
}
