#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/nas_bench_101.hpp>
#include <espalier/compiler/encodings/nas_bench_201.hpp>
#include <espalier/compiler/encodings/random_wiring.hpp>
#include <espalier/compiler/encodings/recurrent_genotype.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/encodings/spos.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <map>

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;
using Catch::Matchers::ContainsSubstring;
using espalier::user_error;
using nlohmann::json;

namespace {

json const small_genotype = json::parse(R"({
  "normal": [["sep_conv_3x3", 0], ["sep_conv_5x5", 1], ["dil_conv_3x3", 2], ["skip_connect", 0]],
  "normal_concat": [2, 3],
  "reduce": [["max_pool_3x3", 0], ["conv_7x1_1x7", 1], ["sep_conv_7x7", 2], ["skip_connect", 1]],
  "reduce_concat": [2, 3]})");

json block(int in, int out, int kernel, int stride, double expansion, bool squeezes) {
  return {{"cin", in},     {"cout", out},    {"k", kernel},
          {"s", stride},   {"e", expansion}, {"mid", nullptr},
          {"act", "relu"}, {"se", squeezes}, {"skip", in == out && stride == 1}};
}

json block_list_of(std::vector<json> const& blocks) {
  return {{"first", 8},         {"first_act", "h_swish"},  {"blocks", blocks}, {"final_expand", 96},
          {"feature_mix", 128}, {"feature_mix_bn", false}, {"classes", 10}};
}

/// One valid encoding of each format.
std::map<std::string, json> const& examples() {
  static json const cell = {{"ops", {"separable_3x3_2", "avg_pool_3x3", "none", "max_pool_3x3"}},
                            {"idx", {0, 1, 2, 0}},
                            {"used", {1, 1, 1, 0}}};
  static std::map<std::string, json> const all{
      {"darts", small_genotype},
      {"nas-bench-201", "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"},
      {"nas-bench-101",
       {{"matrix", {{0, 1, 1, 0}, {0, 0, 1, 1}, {0, 0, 0, 1}, {0, 0, 0, 0}}},
        {"ops", {"input", "conv3x3-bn-relu", "maxpool3x3", "output"}}}},
      {"nasnet", {{"normal", cell}, {"reduction", cell}}},
      {"pnas", {{"cell", cell}}},
      {"amoebanet", {{"normal", cell}, {"reduce", cell}}},
      {"enas-micro", {{"arc", {0, 2, 1, 0, 0, 4, 2, 1, 1, 3, 0, 0, 1, 4, 2, 2}}}},
      {"enas-macro", "0 3 1 1 0 1 2 0 0 1"},
      {"rnn", json::parse(R"({"recurrent": [["relu", 0], ["identity", 1]], "concat": [1, 2]})")},
      {"spos", json::array({0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3})},
      {"block-list", block_list_of({block(8, 16, 5, 2, 3, true), block(16, 16, 3, 1, 1, false)})},
      {"ofa-mobilenet", block_list_of({block(8, 8, 3, 1, 1, false), block(8, 16, 7, 2, 6, true)})},
      {"attentive-nas",
       {{"resolution", 64},
        {"width", {8, 8, 16, 16, 24, 24, 32, 32, 64}},
        {"depth", {1, 1, 2, 1, 1, 1, 1}},
        {"kernel_size", {3, 3, 5, 3, 3, 3, 3}},
        {"expand_ratio", {1, 4, 4, 4, 4, 6, 6}}}},
      {"ofa-resnet", {{"d", {2, 0, 1, 2, 0}}, {"e", std::vector<double>(18, 0.25)}, {"w", {0, 1, 2, 0, 1, 2}}}},
      {"fbnet", "conv16s2|skip16|k3e3 24s2,k5e1g2|k5e6 32s2,skip|conv1x1 64"},
      {"mnasnet", {{"blocks", {"r1_k3_s11_e1_i8_o8_noskip", "r2_k5_s22_e3_i8_o16_se0.25"}}}},
      {"randwire", json::array({{{"n", 4}, {"edges", {{0, 2}, {1, 2}, {2, 3}}}}})},
      {"nas-unet", json::parse(R"({"down": [["down_conv", 0], ["avg_pool", 1]], "down_concat": [2],
                                "up": [["identity", 0], ["up_dep_conv", 1]], "up_concat": [2]})")},
  };
  return all;
}

std::string complaint(published_encoding const& encoding, json const& of) {
  try {
    encoding.network(of);
  } catch (user_error const& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("every known encoding gives a sound network that its text gives again") {
  for (auto const& encoding : published_encodings()) {
    CAPTURE(encoding.name);
    auto const network = encoding.network(examples().at(std::string{encoding.name}));
    for (auto const& fault : verify(network))
      FAIL_CHECK(fault.where << ": " << fault.message);
    CHECK(print(parse(print(network))) == print(network));
    CHECK(cost_of(network).params > 0);
    CHECK(cost_of(network).macs > 0);
  }
}

TEST_CASE("a DARTS genotype costs what its cells add up to") {
  darts_skeleton skeleton;
  skeleton.channels = 8;
  skeleton.layers = 3; // a normal cell, then two reductions
  auto const cost = cost_of(darts_network(read_darts_genotype(small_genotype), skeleton));
  // A separable convolution is a depthwise and a 1x1 one, each pair with its normalization.
  auto const pair = [](long long kernel, long long c) { return kernel * kernel * c + c * c; };
  auto const crossed = [](long long c) { return 7 * c * c; };
  long long params = 3 * 9 * 24 + 48;
  long long macs = 1024 * 3 * 9 * 24;
  // The normal cell of 8 channels: 1x1 convolutions of 24 channels, and its four edges.
  params += 2 * (24 * 8 + 16) + 2 * (pair(3, 8) + 16) + 2 * (pair(5, 8) + 16) + pair(3, 8) + 16;
  macs += 1024 * (2 * 24 * 8 + 2 * pair(3, 8) + 2 * pair(5, 8) + pair(3, 8));
  // A reduction of c channels with `before` and `last` channels at its inputs, whose maps have `pixels` behind it.
  auto const add_reduction = [&](long long c, long long before, long long last, long long pixels) {
    params += before * c + 2 * c + last * c + 2 * c;
    macs += (4 * last * c + 4 * before * c) * pixels; // both read four times as many
    params += 2 * crossed(c) + 2 * c;                 // the 1x7 convolution strides along the rows alone
    macs += (2 + 1) * crossed(c) * pixels;
    params += 2 * (pair(7, c) + 2 * c);
    macs += 2 * pair(7, c) * pixels;
    params += c * c + 2 * c; // the identity that strides
    macs += c * c * pixels;
  };
  add_reduction(16, 24, 16, 256);
  add_reduction(32, 16, 32, 64);
  params += 64 * 10 + 10;
  macs += 640;
  CHECK(cost.params == params);
  CHECK(cost.macs == macs);
}

TEST_CASE("NAS-Bench-101 divides uneven channels, cuts wide ones and drops what no way crosses") {
  auto const cell = read_nas_bench_101_cell(json::parse(R"({
    "matrix": [[0,1,1,1,0,1], [0,0,1,0,0,1], [0,0,0,0,0,1], [0,0,0,0,0,1], [0,0,0,0,0,1], [0,0,0,0,0,0]],
    "ops": ["input", "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3", "conv3x3-bn-relu", "output"]})"));
  CHECK_FALSE(cell.graph.has(4, 5)); // nothing leads to vertex 4
  CHECK(nas_bench_101_channels(cell, 8, 16) == std::vector{8, 6, 5, 5, 0, 16});
  nas_bench_101_skeleton const skeleton{{espalier::dsl::tensor_kind::image, 3, 4, 4}, 16, 1, 1, 10};
  auto const cost = cost_of(nas_bench_101_network(cell, skeleton));
  long long const projections = 16 * 6 + 16 * 5 + 16 * 5 + 16 * 16;
  long long const vertices = 9 * 6 * 6 + 5 * 5; // the second one reads five of the first one's six
  CHECK(cost.params == 432 + 32 + projections + 2 * (6 + 5 + 5 + 16) + vertices + 2 * (6 + 5) + 16 * 10 + 10);
  CHECK(cost.macs == 16 * (432 + projections + vertices) + 160);
}

TEST_CASE("a block list costs what its convolutions add up to") {
  auto const list = read_block_list(examples().at("block-list"));
  auto const cost = cost_of(block_list_network(list, 20));
  // 10 x 10 pixels behind the first convolution, 5 x 5 behind the first block.
  long long const squeezed = 8; // a multiple of eight, at least eight
  long long const gate = 2 * 24 * squeezed;
  long long params = 27 * 8 + 16 + (8 * 24 + 48) + (25 * 24 + 48) + gate + 24 + squeezed + (24 * 16 + 32);
  long long macs = 100 * (27 * 8 + 8 * 24) + 25 * (25 * 24 + 24 * 16) + gate;
  params += 9 * 16 + 32 + 16 * 16 + 32;
  macs += 25 * (9 * 16 + 16 * 16);
  params += 16 * 96 + 192 + 96 * 128 + 128 * 10 + 10;
  macs += 25 * 16 * 96 + 96 * 128 + 1280;
  CHECK(cost == operation_cost{params, macs});
}

TEST_CASE("scales of channels, graphs and recurrent cells count as they are told") {
  auto scaled = read_spos_lists({{"arch", std::vector<int>(20, 0)}, {"channels", std::vector<double>(20, 0.6)}}, {});
  CHECK(cost_of(spos_network(scaled, {})).macs < cost_of(spos_network({scaled.blocks, {}}, {})).macs);
  scaled.scales.assign(20, 1);
  CHECK(cost_of(spos_network(scaled, {})) == cost_of(spos_network({scaled.blocks, {}}, {})));

  auto const graphs = read_wiring_graphs(examples().at("randwire"));
  auto const cost = cost_of(random_wiring_network(graphs, {16, 8, 10, 5}));
  long long const nodes = 4 * (9 * 8 + 8 * 8 + 16);
  CHECK(cost.params == 27 * 4 + 8 + 9 * 4 * 8 + 16 + nodes + 2 + 80 + 20 + 55);
  CHECK(cost.macs == 64 * 27 * 4 + 16 * 9 * 4 * 8 + 4 * (4 * (9 * 8 + 64) + 80) + 50);

  auto const cell = read_recurrent_genotype(examples().at("rnn"));
  CHECK(cost_of(recurrent_network(cell, {100, 7, 6, false})).params == 600 + 12 * 12 + 2 * 6 * 12);
  CHECK(cost_of(recurrent_network(cell, {100, 7, 6, true})).macs == 7 * (12 * 12 + 2 * 6 * 12 + 600));
}

TEST_CASE("unused shortcuts are counted apart") {
  auto const config = read_attentive_nas_config(examples().at("attentive-nas"));
  CHECK(unused_shortcut_params(config) == 8 * 8 + 16 * 16 + 16 * 16 + 24 * 24 + 32 * 32);
}

TEST_CASE("an invalid encoding lists every fault with its place, what was found and what is possible") {
  struct faulty {
    char const* name;
    json encoding;
    std::vector<std::string> said;
  };
  auto genotype = small_genotype;
  genotype["normal"][0][0] = "sep_conv_9x9";
  genotype["normal"][3][1] = 9;
  genotype["reduce_concat"] = {1, 2};
  auto const nb101 =
      json::parse(R"({"matrix": [[0, 1, 0], [1, 0, 2], [0, 0, 0]], "ops": ["input", "conv", "output"]})");
  std::vector<faulty> const cases{
      {"darts",
       genotype,
       {"3 faults", "normal[0][0]: there is no 'sep_conv_9x9'; possible: none, max_pool_3x3",
        "normal[3][1]: found 9; possible: a whole number from 0 to 2", "reduce_concat[0]: found 1"}},
      {"darts", json::array(), {"an object with \"normal\"", "an object with \"reduce\""}},
      {"nas-bench-201", "|none~0|+|none~1|skip~1|+|none~0|none~1|", {"3 faults", "node 2, edge 0", "'skip'", "node 3"}},
      {"nas-bench-101", nb101, {"3 faults", "ops[1]", "matrix[1][0]", "matrix[1][2]"}},
      {"nasnet",
       {{"normal", {{"ops", {"conv", "none"}}, {"idx", {0, 2}}, {"used", {1, 1, 1}}}}},
       {"3 faults", "normal/ops[0]", "normal/idx[1]", "every state is used"}},
      {"enas-micro", "0 1 2 7 9", {"arc[2]: found 2", "arc[3]: found 7", "5 numbers"}},
      {"enas-macro", "0 1 x", {"found 'x'", "3 numbers"}},
      {"rnn",
       json::parse(R"({"recurrent": [["swish", 0], ["relu", 2]], "concat": []})"),
       {"3 faults", "'swish'", "recurrent[1][1]", "concat: an empty list"}},
      {"spos", json::array({0, 4}), {"arch[1]: found 4", "2 blocks; possible: 20"}},
      {"block-list", block_list_of({block(9, 16, 4, 2, 3, false)}), {"blocks[0]/k: kernel 4", "blocks[0]/cin: 9"}},
      {"attentive-nas", {{"resolution", 16}}, {"resolution: found 16", "\"width\" is missing", "\"depth\" is missing"}},
      {"ofa-resnet", {{"d", {3}}, {"e", {0.2}}, {"w", {0}}}, {"d[0]: found 3", "a list of 1", "w: 1 numbers"}},
      {"fbnet", "conv16s2|k4e1 16|k3 24|conv1x1 64", {"kernel 4", "stage 1, layer 0: 'k3 24'"}},
      {"fbnet", 3, {"found 3; possible: a text"}},
      {"mnasnet", {"r1_k3_s12_e1_i8_o8", "r1_k2_s11_e1_i8_o8"}, {"blocks[0]", "blocks[1]: kernel 2"}},
      {"randwire",
       json::array({{{"n", 3}, {"edges", {{1, 0}, {0, 1}, {0, 1}, {0, 3}}}}}),
       {"edges[0]", "[0, 1] again", "edges[3]"}},
      {"nas-unet",
       json::parse(R"({"down": [["up_conv", 0], ["down_conv", 1]], "down_concat": [2], "up_concat": [2]})"),
       {"'up_conv'", "\"up\" is missing"}},
  };
  for (auto const& [name, encoding, said] : cases) {
    auto const text = complaint(encoding_named(name), encoding);
    CAPTURE(name, text);
    for (auto const& part : said)
      CHECK_THAT(text, ContainsSubstring(part));
  }
}

TEST_CASE("an unknown encoding is refused with those that are near") {
  CHECK_THROWS_WITH(encoding_named("dart"), ContainsSubstring("did you mean 'darts'"));
}
