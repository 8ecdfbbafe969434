#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>

#include <spaces/all.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <memory>

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json published(char const* file) {
  return json::parse(std::ifstream{std::string{ESPALIER_SOURCE_DIR} + "/tests/reference_check/" + file})["checks"];
}

compiled_space const& shipped(std::string_view name) {
  static std::map<std::string, std::unique_ptr<compiled_space>, std::less<>> known;
  if (auto const found = known.find(name); found != known.end())
    return *found->second;
  for (auto const& [space, what] : spaces::all())
    if (auto declared = lower(space); declared.name == name)
      return *known.emplace(name, std::make_unique<compiled_space>(std::move(declared))).first->second;
  throw std::runtime_error("no such space");
}

// Whose architectures are in which format, and in which space.
struct family {
  char const* id;
  char const* format;
  char const* space;
};
constexpr family families[]{
    {"darts.*cifar10_C36_L20", "darts", "darts-cifar10"},
    {"darts.*imagenet_C48_L14", "darts", "darts-imagenet"},
    {"darts.*cifar10_C16_L8", "darts", "darts-search"},
    {"rnn.ENAS.ptb_850", "rnn", "enas-rnn-ptb"},
    {"rnn.*ptb_850", "rnn", "darts-rnn-ptb"},
    {"rnn.*ptb_300_search", "rnn", "darts-rnn-search"},
    {"nasnet.NASNetA_cifar*", "nasnet", "nasnet-cifar10"},
    {"nasnet.PNAS*", "pnas", "pnas-cifar10"},
    {"amoeba.*_cifar*", "amoebanet", "amoebanet-search"},
    {"spos.all*", "spos", "spos-blocks"},
    {"spos.repo*", "spos", "spos-blocks"},
    {"attentivenas.*", "attentive-nas", "attentive-nas"},
    {"proxyless.*", "block-list", "proxylessnas"},
    {"ofa.supernet*", "", ""},
    {"ofa.*", "ofa-mobilenet", "ofa-mobilenet-v3"},
    {"fbnet.*", "fbnet", "fbnet"},
    {"mnasnet.*", "mnasnet", "mnasnet"},
    {"nb201.unique", "", ""},
    {"nb201.*", "nas-bench-201", "nas-bench-201-cifar10"},
    {"nb101.notebook", "nas-bench-101", "nas-bench-101"},
    {"nasunet.*", "nas-unet", "nas-unet-promise12"},
};

// What spaces of other skeletons, or other decisions, refuse or cost.
struct exception {
  char const* id;
  char const* complaint; ///< Empty where the skeleton is another one, so that the costs differ.
};
constexpr exception exceptions[]{
    {"darts.NASNet.*", "reduction/concat: states 4, 5, 6"},
    {"rnn.ENAS.*", "concat: states 2, 5, 6, 9, 10, 11"},
    {"nasnet.NASNetA*", "normal/used: state 1 (input0) is read and part of the output"},
    {"nasnet.PNAS*", "cell/used: state 4 (node2) is read and part of the output"},
    {"amoeba.A_*", "reduction/used: state 4 (node2) is read and part of the output"},
    {"amoeba.B_*", "reduction/node1/operation1: there is no option 'conv_3x3'"},
    {"proxyless.gpu", ""},                                   // 40 channels at first, and others
    {"ofa.1080ti*", "there is no decision 'repeat5/count'"}, // around ProxylessNAS, of six stages
    {"ofa.cpu*", "there is no decision 'repeat5/count'"},
    {"ofa.tx2*", "there is no decision 'repeat5/count'"},
    {"ofa.flops-595M*", "resolution: there is no option '236'"},
    {"ofa.note10_lat-64ms*", "resolution: there is no option '260'"},
    {"ofa.pixel1_lat-132ms*", "resolution: there is no option '228'"},
    {"ofa.pixel1_lat-143ms*", "resolution: there is no option '240'"},
    {"ofa.flops*", ""}, // 1.2 times as wide, as the next four
    {"ofa.note10_lat-30ms*", ""},
    {"ofa.note10_lat-41ms*", ""},
    {"ofa.note10_lat-50ms*", ""},
    {"ofa.pixel1_lat-79ms*", ""},
    {"fbnet.fbnet_a", ""}, // a head of 1504 channels
    {"fbnet.fbnet_96", "the encoding says nothing of it"},
    {"mnasnet.mnasnet_b1", "filters-5: there is no option '192'"},
    {"mnasnet.mnasnet_a1", "filters-4: there is no option '112'"},
};

// Whether a name has a pattern's parts, between which anything may stand.
bool matches(std::string_view name, std::string_view pattern) {
  auto const star = pattern.find('*');
  if (star == std::string_view::npos)
    return name == pattern;
  return name.starts_with(pattern.substr(0, star)) && name.size() + 1 >= pattern.size() &&
         name.ends_with(pattern.substr(star + 1));
}

template <std::size_t N, class Row>
Row const* row_of(Row const (&rows)[N], std::string const& id) {
  for (auto const& row : rows)
    if (matches(id, row.id))
      return &row;
  return nullptr;
}

// As the official code counts them.
operation_cost counted_cost(std::string const& id, json const& architecture, json const& expect, operation_cost got) {
  auto const& numbers = expect.contains("cifar10") ? expect["cifar10"] : expect;
  operation_cost cost{numbers.at("params").get<long long>(), numbers.value("macs", expect.value("macs_256", got.macs))};
  if (id.starts_with("attentivenas")) // convolutions that its shortcuts hold and never use
    cost.params -= unused_shortcut_params(read_attentive_nas_config(architecture));
  if (id.starts_with("nasunet")) // and a normalization of its last layer
    cost.params -= 2;
  return cost;
}

} // namespace

TEST_CASE("every published architecture costs in its space what its code counts, or what does not fit is said") {
  int equal = 0;
  for (auto const* file : {"checks.json", "further.json"})
    for (auto const& check : published(file)) {
      auto const id = check["id"].get<std::string>();
      auto const* of = row_of(families, id);
      if (of == nullptr || *of->format == 0 || check.value("source", "") == "drawn")
        continue;
      CAPTURE(id);
      auto architecture = check["architecture"];
      if (check["expect"].contains("image"))
        architecture["resolution"] = check["expect"]["image"];
      auto const& space = shipped(of->space);
      auto const import = [&] {
        return architecture_of(space.decisions, encoding_named(of->format).decisions(architecture), of->space);
      };
      auto const* other = row_of(exceptions, id);
      if (other != nullptr && *other->complaint != 0) {
        CHECK_THROWS_WITH(import(), ContainsSubstring(other->complaint));
        continue;
      }
      auto const cost = space.costs.of(import());
      bool const is_equal = cost == counted_cost(id, architecture, check["expect"], cost);
      CHECK(is_equal == (other == nullptr));
      equal += is_equal ? 1 : 0;
    }
  CHECK(equal >= 40);
}

TEST_CASE("what an encoding says beyond the decisions of a space does not fit it") {
  auto const refusal = [](char const* format, json const& encoding) {
    auto const& known = encoding_named(format);
    try {
      architecture_of(shipped(known.space).decisions, known.decisions(encoding), known.space);
    } catch (espalier::user_error const& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK_THAT(refusal("attentive-nas", {{"resolution", 200},
                                       {"width", {16, 16, 24, 32, 64, 112, 192, 216, 1792}},
                                       {"depth", {1, 3, 3, 3, 3, 9, 1}},
                                       {"kernel_size", {3, 3, 7, 3, 3, 3, 3}},
                                       {"expand_ratio", {1, 4, 4, 4, 4, 4, 6}}}),
             ContainsSubstring("resolution: there is no option '200'") &&
                 ContainsSubstring("repeat5/count: there is no option '9'") &&
                 ContainsSubstring("kernel3: there is no option '7'") &&
                 ContainsSubstring("expand_ratio[5]: 4; the space has 6"));
  CHECK_THAT(refusal("mnasnet", {{"blocks", {"r1_k5_s11_e1_i32_o16_noskip", "r4_k3_s11_e4_i16_o24_se0.5"}}}),
             ContainsSubstring("blocks: 2; the space has 7") && ContainsSubstring("blocks[0]: is not decided") &&
                 ContainsSubstring("blocks[1]: stride 1") && ContainsSubstring("no option 'mbconv4'") &&
                 ContainsSubstring("no option 'se0.5'") && ContainsSubstring("no option '4'"));
  CHECK_THAT(refusal("spos", {{"arch", std::vector<int>(20, 0)}, {"channels", std::vector<double>(20, 0.6)}}),
             ContainsSubstring("channels[19]: 0.6 times as many"));
  json chain = {{"ops", {"input"}}, {"matrix", json::array()}};
  for (int v = 0; v < 6; ++v)
    chain["ops"].push_back("conv1x1-bn-relu");
  chain["ops"].push_back("output");
  for (int a = 0; a < 8; ++a) {
    chain["matrix"].push_back(std::vector<int>(8));
    if (a < 7)
      chain["matrix"][static_cast<std::size_t>(a)][static_cast<std::size_t>(a) + 1] = 1;
  }
  CHECK_THAT(refusal("nas-bench-101", chain), ContainsSubstring("there is no decision 'cell/vertex6'"));
  CHECK_THAT(refusal("nas-unet", json::parse(R"({"down": [["down_conv", 0], ["avg_pool", 1], ["none", 2], ["none", 2]],
                                                 "down_concat": [2, 3],
                                                 "up": [["identity", 0], ["up_conv", 1]], "up_concat": [2]})")),
             ContainsSubstring("down/node1: both edges from node0") && ContainsSubstring("no option 'none'"));
}

TEST_CASE("layers of ENAS become operations and skips by their order") {
  json arc = json::array();
  for (int layer = 0; layer < 12; ++layer) {
    arc.push_back(layer % 6);
    for (int k = 0; k < layer; ++k)
      arc.push_back((k + layer) % 2);
  }
  auto const& space = shipped("enas-macro");
  auto const a = architecture_of(space.decisions, encoding_named("enas-macro").decisions(arc), "enas-macro");
  auto const value = [&](char const* path) { return a.values[static_cast<std::size_t>(space.decisions.find(path))]; };
  CHECK(value("layers/7/choice0") == 1);
  CHECK(value("layers/11/choice0") == 5);
  CHECK(value("layers/5/inputs") == 0b10101); // of the stem and the layers before the last one
  CHECK(value("layers/6/inputs") == 0b101010);
}
