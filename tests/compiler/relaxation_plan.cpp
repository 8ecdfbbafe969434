#include "catch.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/relaxation_plan.hpp>
#include <espalier/dsl.hpp>

namespace {

using namespace espalier;
using namespace espalier::dsl;
using compiler::index_range;
using compiler::index_ranges;
using compiler::relaxed_form;

compiler::relaxation_plan plan_of(space_view declared) {
  compiler::compiled_space const space{compiler::lower(declared)};
  return compiler::plan_relaxation(space.expanded, space.decisions);
}

TEST_CASE("decided channels and windows are masks of the widest operation") {
  static constexpr auto space =
      search_space("masks", image(3, 8, 8), conv(3, channels(one_of(4, 6))), batch_norm(), relu(),
                   depthwise_conv(one_of(3, 5)), conv(one_of(1, 3), channels(8)), global_avg_pool(), linear(2));
  auto const plan = plan_of(space.view());
  CHECK(plan.refusal.empty());
  auto const& operations = plan.operations;
  CHECK(operations.at("conv0").form == relaxed_form::linear);
  CHECK(operations.at("conv0").made.values == std::vector<index_ranges>{{{0, 4}}, {{0, 6}}});
  CHECK(operations.at("batch_norm0").form == relaxed_form::channelwise);
  CHECK(operations.at("conv1").form == relaxed_form::channelwise);
  CHECK(operations.at("conv1").windows.values == std::vector<std::vector<int>>{{3, 3}, {5, 5}});
  CHECK(operations.at("conv2").form == relaxed_form::linear);
  CHECK(operations.at("conv2").made.is_constant());
  CHECK(operations.at("linear0").form == relaxed_form::constant);
}

TEST_CASE("numbers that no mask stands for make narrow forms, one for each combination that makes a difference") {
  static constexpr auto space =
      search_space("forms", image(3, 8, 8), conv(1, channels(one_of("width", 4, 8))), max_pool(one_of(3, 5)),
                   conv(3, groups(one_of(1, 2)), channels(4)), conv(1, channels(one_of("width", 4, 8))),
                   attention(one_of(1, 2, 4)), layer_norm(), conv(1, channels(2)));
  auto const& operations = plan_of(space.view()).operations;
  for (auto const& [path, forms] : {std::pair{"max_pool0", 4}, {"conv1", 4}, {"attention0", 6}, {"layer_norm0", 2}}) {
    INFO(path);
    CHECK(operations.at(path).form == relaxed_form::mixed);
    CHECK(operations.at(path).leaves.values.size() == static_cast<std::size_t>(forms));
  }
}

TEST_CASE("a constraint excludes combinations") {
  static constexpr auto space =
      search_space("excluded", image(3, 8, 8), where(one_of("width", 4, 8) % one_of("heads", 1, 2, 8) == 0),
                   conv(1, channels(one_of("width", 4, 8))), attention(one_of("heads", 1, 2, 8), head_width(2)),
                   conv(1, channels(2)));
  auto const& attention = plan_of(space.view()).operations.at("attention0");
  CHECK(attention.leaves.values.size() == 5);
  CHECK(std::ranges::count(attention.leaves.cases, -1) == 1);
}

TEST_CASE("a join that decides knows which decisions let it read each operand") {
  static constexpr auto picking = cell("picking", nodes(2), picks(2), loose_ends, choice(conv(1), skip_connect()));
  static constexpr auto space = search_space("joins", image(3, 8, 8), conv(3, channels(4)), picking(2),
                                             repeat(range(1, 3), conv(3)), global_avg_pool(), linear(2));
  auto const plan = plan_of(space.view());
  auto const& output = plan.operations.at("picking0.output");
  REQUIRE(output.reads.size() == 2);
  CHECK(output.reads[0].reads.size() == 2); // either term of the second node may read the first
  CHECK(output.reads[1].is_constant());
  CHECK_FALSE(output.made.is_known());
  CHECK(plan.operations.at("pick0").reads.size() == 3);
}

TEST_CASE("what has no weighted sum is refused with the reason") {
  using Catch::Matchers::ContainsSubstring;
  static constexpr auto resolutions = search_space("resolutions", image(3, resolution(one_of(8, 12))),
                                                   conv(3, channels(4)), global_avg_pool(), linear(2));
  CHECK_THAT(plan_of(resolutions.view()).refusal, ContainsSubstring("decides the size of a map, 8x8 or 12x12"));
  static constexpr auto strides =
      search_space("strides", image(3, 8, 8), conv(3, channels(4), stride(one_of(1, 2))), global_avg_pool(), linear(2));
  CHECK_THAT(plan_of(strides.view()).refusal, ContainsSubstring("conv0 decides the size of a map, 8x8 or 4x4"));
  static constexpr auto graphs =
      search_space("graphs", image(3, 8, 8), graph_cell("cell", nodes(2), max_edges(5), choice(conv(1), conv(3)))(4),
                   global_avg_pool(), linear(2));
  CHECK_THAT(plan_of(graphs.view()).refusal, ContainsSubstring("decides edges"));
  static constexpr auto anchors =
      search_space("anchors", image(3, 8, 8), skip_chain("layers", nodes(3), concatenating, conv(1, channels(4))),
                   group_norm(1), conv(1, channels(2)));
  CHECK_THAT(plan_of(anchors.view()).refusal, ContainsSubstring("group_norm0 reads a value whose width"));
}

} // namespace
