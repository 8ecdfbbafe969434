#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/specialize.hpp>

#include <spaces/all.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json const darts_v2 = json::parse(R"({
  "normal": [["sep_conv_3x3", 0], ["sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 1],
             ["sep_conv_3x3", 1], ["skip_connect", 0], ["skip_connect", 0], ["dil_conv_3x3", 2]],
  "normal_concat": [2, 3, 4, 5],
  "reduce": [["max_pool_3x3", 0], ["max_pool_3x3", 1], ["skip_connect", 2], ["max_pool_3x3", 1],
             ["max_pool_3x3", 0], ["skip_connect", 2], ["skip_connect", 2], ["max_pool_3x3", 1]],
  "reduce_concat": [2, 3, 4, 5]})");

architecture imported(compiled_space const& space, std::string_view name, json const& encoding) {
  return architecture_of(space.decisions, encoding_named(name).decisions(encoding), space.structured.name);
}

graph shipped(std::string_view name) {
  for (auto const& [space, what] : spaces::all())
    if (auto declared = lower(space); declared.name == name)
      return declared;
  throw std::runtime_error("no such space");
}

// The shipped space's network of the encoding costs as much as the encoding's own.
void check_imported(std::string_view name, json const& encoding) {
  CAPTURE(name);
  auto const& format = encoding_named(name);
  compiled_space const space{shipped(format.space)};
  auto const a = imported(space, name, encoding);
  auto const network = without_search_operations(specialize(space.expanded, space.decisions, a));
  CHECK(cost_of(network) == cost_of(format.network(encoding)));
}

} // namespace

TEST_CASE("an encoding becomes the architecture of the shipped space that costs the same") {
  check_imported("darts", darts_v2);
  check_imported("nas-bench-201", "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|");
  check_imported("spos", {2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3});
  check_imported("fbnet", "conv16s2|k3e1 16|k3e6 24s2,skip,k3e1,k3e1|k5e6 32s2,k5e3,k5e6,k3e6|k5e6 64s2,k5e3,k5e6,k5e6,"
                          "k5e6 112,k5e6,k5e6,k5e3|k5e6 184s2,k5e6,k5e6,k5e6,k3e6 352|conv1x1 1984");
}

TEST_CASE("a block list becomes an architecture of the widths that it has") {
  json blocks = json::array();
  int in = 32;
  auto const append = [&](int out, int kernel, int stride, int expansion) {
    blocks.push_back({{"cin", in},
                      {"cout", out},
                      {"k", kernel},
                      {"s", stride},
                      {"e", expansion},
                      {"mid", nullptr},
                      {"act", "relu6"},
                      {"se", false},
                      {"skip", in == out && stride == 1}});
    in = out;
  };
  append(16, 3, 1, 1);
  for (auto const& [width, stride] : {std::pair{32, 2}, {40, 2}, {80, 2}, {96, 1}, {192, 2}}) {
    append(width, 7, stride, 6);
    append(width, 3, 1, 3);
    blocks.push_back("zero");
    append(width, 5, 1, 6);
  }
  append(320, 5, 1, 3);
  json list = {{"first", 32},         {"first_act", "relu6"},   {"blocks", blocks}, {"final_expand", nullptr},
               {"feature_mix", 1280}, {"feature_mix_bn", true}, {"classes", 1000}};
  check_imported("block-list", list);
  list["blocks"].erase(4);
  compiled_space const space{shipped("proxylessnas")};
  CHECK_THROWS_WITH(imported(space, "block-list", list), ContainsSubstring("the encoding says nothing of it"));
}

TEST_CASE("cells of blocks and recurrent cells stand in the spaces of their papers") {
  json const arc = {0, 2, 0, 0, 0, 4, 0, 1, 0, 4, 1, 1, 1, 0, 0, 1, 0, 2, 1, 1,
                    1, 0, 1, 0, 0, 3, 0, 2, 1, 1, 3, 1, 1, 0, 0, 4, 0, 3, 1, 1};
  json const recurrent = json::parse(R"({"recurrent": [["sigmoid", 0], ["relu", 1], ["relu", 1], ["identity", 1],
                                                       ["tanh", 2], ["sigmoid", 5], ["tanh", 3], ["relu", 5]],
                                         "concat": [1, 2, 3, 4, 5, 6, 7, 8]})");
  json const cell = {{"ops",
                      {"separable_5x5_2", "separable_3x3_2", "avg_pool_3x3", "none", "avg_pool_3x3", "avg_pool_3x3",
                       "separable_3x3_2", "none", "separable_7x7_2", "max_pool_3x3"}},
                     {"idx", {0, 1, 1, 1, 0, 1, 0, 0, 3, 2}},
                     {"used", {1, 1, 1, 1, 0, 0, 0}}};
  for (auto const& [name, encoding] : {std::pair{"enas-micro", arc},
                                       {"rnn", recurrent},
                                       {"nasnet", json{{"normal", cell}, {"reduction", cell}}},
                                       {"amoebanet", json{{"normal", cell}, {"reduce", cell}}}}) {
    CAPTURE(name);
    compiled_space const space{shipped(encoding_named(name).space)};
    auto const a = imported(space, name, encoding);
    CHECK(faults(space.decisions, a).empty());
    CHECK_THROWS_WITH(imported(space, "spos", json(std::vector<int>(20, 0))), ContainsSubstring("no option 'shuffle"));
  }
  compiled_space const space{shipped("amoebanet-search")};
  auto const a = imported(space, "amoebanet", {{"normal", cell}, {"reduce", cell}});
  auto const option = [&](char const* path) {
    auto const i = static_cast<std::size_t>(space.decisions.find(path));
    return space.decisions[i].options[a.values[i]];
  };
  CHECK(option("normal/node0/input0") == "1"); // the released code's state 0 is the last cell's output
  CHECK(option("normal/node0/operation1") == "sep_conv_3x3");
  CHECK(option("reduction/node4/input0") == "3");
}

TEST_CASE("cells of one genotype stand in every skeleton that has its decisions") {
  for (char const* name : {"darts-search", "darts-cifar10", "darts-imagenet", "pc-darts-imagenet-search"}) {
    CAPTURE(name);
    compiled_space const space{shipped(name)};
    auto const a = imported(space, "darts", darts_v2);
    CHECK(a.values[static_cast<std::size_t>(space.decisions.find("normal/node1/inputs"))] == 0b011);
    CHECK(from_json(space.decisions, to_json(space.decisions, name, a)) == a);
  }
}

TEST_CASE("what a space cannot hold is listed, decision by decision") {
  compiled_space const space{shipped("darts-cifar10")};
  auto other = darts_v2;
  other["normal"][1] = {"sep_conv_7x7", 1};
  other["reduce"][4] = {"conv_7x1_1x7", 0};
  CHECK_THROWS_WITH(imported(space, "darts", other),
                    ContainsSubstring("normal/node0/edge1: there is no option 'sep_conv_7x7'") &&
                        ContainsSubstring("reduction/node2/edge0: there is no option 'conv_7x1_1x7'"));
  other = darts_v2;
  other["normal"][3] = {"sep_conv_3x3", 0};
  other["reduce_concat"] = {3, 4, 5};
  CHECK_THROWS_WITH(imported(space, "darts", other), ContainsSubstring("normal/node1: both edges from input0") &&
                                                         ContainsSubstring("reduction/concat: states 3, 4, 5"));
  compiled_space const benchmark{shipped("nas-bench-201-cifar10")};
  CHECK_THROWS_WITH(imported(benchmark, "darts", darts_v2),
                    ContainsSubstring("there is no decision 'normal/node0/edge0'"));
}
