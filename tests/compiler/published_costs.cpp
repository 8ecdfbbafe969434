#include "catch.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/specialize.hpp>

#include <spaces/darts.hpp>

#include <nlohmann/json.hpp>

namespace {

using namespace espalier::compiler;

operation_cost cost_of_cells(espalier::dsl::space_view skeleton, char const* decisions) {
  compiled_space const space{lower(skeleton)};
  auto const a = from_json(space.decisions, {{"space", "darts"},
                                             {"fingerprint", space.decisions.fingerprint()},
                                             {"decisions", nlohmann::json::parse(decisions)}});
  auto const cost = space.costs.of(a);
  CHECK(cost == cost_of(without_search_operations(specialize(space.expanded, space.decisions, a))));
  return cost;
}

auto const* const darts_v1 = R"({
  "normal/node0/edge0": "sep_conv_3x3",
  "normal/node0/edge1": "sep_conv_3x3",
  "normal/node1/inputs": ["input0", "input1"],
  "normal/node1/edge0": "skip_connect",
  "normal/node1/edge1": "sep_conv_3x3",
  "normal/node2/inputs": ["input0", "input1"],
  "normal/node2/edge0": "skip_connect",
  "normal/node2/edge1": "sep_conv_3x3",
  "normal/node3/inputs": ["input0", "node0"],
  "normal/node3/edge0": "sep_conv_3x3",
  "normal/node3/edge2": "skip_connect",
  "reduction/node0/edge0": "max_pool_3x3",
  "reduction/node0/edge1": "max_pool_3x3",
  "reduction/node1/inputs": ["input0", "node0"],
  "reduction/node1/edge0": "max_pool_3x3",
  "reduction/node1/edge2": "skip_connect",
  "reduction/node2/inputs": ["input0", "node0"],
  "reduction/node2/edge0": "max_pool_3x3",
  "reduction/node2/edge2": "skip_connect",
  "reduction/node3/inputs": ["input0", "node0"],
  "reduction/node3/edge0": "avg_pool_3x3",
  "reduction/node3/edge2": "skip_connect"
})";

auto const* const darts_v2 = R"({
  "normal/node0/edge0": "sep_conv_3x3",
  "normal/node0/edge1": "sep_conv_3x3",
  "normal/node1/inputs": ["input0", "input1"],
  "normal/node1/edge0": "sep_conv_3x3",
  "normal/node1/edge1": "sep_conv_3x3",
  "normal/node2/inputs": ["input0", "input1"],
  "normal/node2/edge0": "skip_connect",
  "normal/node2/edge1": "sep_conv_3x3",
  "normal/node3/inputs": ["input0", "node0"],
  "normal/node3/edge0": "skip_connect",
  "normal/node3/edge2": "dil_conv_3x3",
  "reduction/node0/edge0": "max_pool_3x3",
  "reduction/node0/edge1": "max_pool_3x3",
  "reduction/node1/inputs": ["input1", "node0"],
  "reduction/node1/edge1": "max_pool_3x3",
  "reduction/node1/edge2": "skip_connect",
  "reduction/node2/inputs": ["input0", "node0"],
  "reduction/node2/edge0": "max_pool_3x3",
  "reduction/node2/edge2": "skip_connect",
  "reduction/node3/inputs": ["input1", "node0"],
  "reduction/node3/edge1": "max_pool_3x3",
  "reduction/node3/edge2": "skip_connect"
})";

} // namespace

// What the released code yields for its own cells: 36 channels, 20 cells, CIFAR-10, without the auxiliary head.
TEST_CASE("DARTS' published cells cost what the released code counts") {
  CHECK(cost_of_cells(spaces::darts::cifar10.view(), darts_v1) == operation_cost{3'169'414, 500'987'520});
  CHECK(cost_of_cells(spaces::darts::cifar10.view(), darts_v2) == operation_cost{3'349'342, 528'359'040});
}
