#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/text.hpp>
#include <spaces/darts.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

// A choice with a choice in one branch, and a cell: 4 decisions that always exist, 3 that do not.
constexpr std::string_view nested_text = R"(espalier 1
space "nested" (%input: image[4, 8, 8]) {
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
      }
      yield %kernel0
    }
    yield %deep0
  }
  %normal0 = cell "normal" %branch0, %branch0 {channels = 4, nodes = 2, keep = 1} (%x) {
    %choice0 = choice %x (%x) {
      %skip_connect0 = skip_connect %x
      yield %skip_connect0
    } or (%x) {
      %max_pool0 = max_pool %x {kernel = 3}
      yield %max_pool0
    }
    yield %choice0
  }
  yield %normal0
}
)";

decision_space nested() {
  return decision_space{expand(parse(nested_text))};
}

json valid_document() {
  return {{"space", "nested"},
          {"fingerprint", nested().fingerprint()},
          {"decisions",
           {{"branch", "deep"},
            {"kernel", "conv_5x5"},
            {"normal/node0/inputs", {"input1"}},
            {"normal/node0/edge1", "max_pool_3x3"},
            {"normal/node1/inputs", {"node0"}},
            {"normal/node1/edge2", "skip_connect"}}}};
}

std::string refusal(json const& document) {
  try {
    from_json(nested(), document);
  } catch (espalier::user_error const& error) {
    return error.what();
  }
  return "";
}

json with(std::string const& decision, json value) {
  auto document = valid_document();
  document["decisions"][decision] = std::move(value);
  return document;
}

json without(std::string const& decision) {
  auto document = valid_document();
  document["decisions"].erase(decision);
  return document;
}

std::string parse_fault(std::string const& text) {
  try {
    parse_json(text, "a.json");
  } catch (espalier::user_error const& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("an architecture reads back as written") {
  auto const space = nested();
  auto const a = from_json(space, valid_document());
  CHECK(faults(space, a).empty());
  CHECK(json(to_json(space, "nested", a)) == valid_document());
  CHECK(a.values[static_cast<std::size_t>(space.find("branch"))] == 1);
  CHECK(a.values[static_cast<std::size_t>(space.find("normal/node1/inputs"))] == 4);

  decision_space const darts{expand(lower(spaces::darts::search.view()))};
  random_generator random{3};
  for (int i = 0; i < 100; ++i) {
    auto const drawn = sample(darts, random);
    CHECK(from_json(darts, parse_json(to_json(darts, "darts", drawn).dump(2), "drawn")) == drawn);
  }
}

TEST_CASE("the file keeps the order of the decisions and leaves out what does not exist") {
  auto const space = nested();
  auto document = valid_document();
  document["decisions"]["branch"] = "relu";
  document["decisions"].erase("kernel");
  auto const a = from_json(space, document);
  CHECK(to_json(space, "nested", a).at("decisions").dump() ==
        R"({"branch":"relu","normal/node0/inputs":["input1"],"normal/node0/edge1":"max_pool_3x3",)"
        R"("normal/node1/inputs":["node0"],"normal/node1/edge2":"skip_connect"})");
  auto const active = active_decisions(space, a);
  CHECK(active[static_cast<std::size_t>(space.find("branch"))]);
  CHECK_FALSE(active[static_cast<std::size_t>(space.find("kernel"))]);
  CHECK_FALSE(active[static_cast<std::size_t>(space.find("normal/node0/edge0"))]);
  CHECK(summary(space, a) == "branch: relu; normal: input1 max_pool_3x3 node0 skip_connect");
}

TEST_CASE("an architecture found in one skeleton applies to another") {
  decision_space const searched{expand(lower(spaces::darts::search.view()))};
  decision_space const trained{expand(lower(spaces::darts::cifar10.view()))};
  random_generator random{5};
  auto const a = sample(searched, random);
  CHECK(from_json(trained, to_json(searched, "darts-search", a)) == a);
  CHECK(fingerprint(trained, a) == fingerprint(searched, a));
  CHECK(fingerprint(searched, a) != fingerprint(searched, sample(searched, random)));
}

TEST_CASE("everything that does not fit is refused by name") {
  CHECK(refusal(valid_document()).empty());
  auto foreign = valid_document();
  foreign["fingerprint"] = "0123456789abcdef";
  CHECK_THAT(refusal(foreign), ContainsSubstring("0123456789abcdef") && ContainsSubstring(nested().fingerprint()));
  foreign.erase("fingerprint");
  CHECK_THAT(refusal(foreign), ContainsSubstring("\"fingerprint\" is missing: the decisions of this space have \"" +
                                                 nested().fingerprint()));
  CHECK_THAT(refusal(with("brunch", "deep")),
             ContainsSubstring("brunch: there is no such decision (did you mean 'branch'?)"));
  CHECK_THAT(refusal(without("branch")), ContainsSubstring("\n  branch: is missing; 1 of relu, deep"));
  CHECK_THAT(refusal(without("normal/node0/inputs")),
             ContainsSubstring("normal/node0/inputs: is missing; 1 of input0, input1"));
  CHECK_THAT(refusal(with("normal/node0/edge0", "skip_connect")),
             ContainsSubstring(
                 "normal/node0/edge0: does not exist here, only where normal/node0/inputs takes 'input0': remove it"));
  CHECK_THAT(refusal(with("kernel", "conv_7x7")),
             ContainsSubstring("kernel: there is no option 'conv_7x7' (did you mean"));
  CHECK_THAT(refusal(with("kernel", 5)), ContainsSubstring("kernel: is number, a name is needed"));
  CHECK_THAT(refusal(with("normal/node0/inputs", "input1")),
             ContainsSubstring("normal/node0/inputs: a list of 1 names is needed"));
  CHECK_THAT(
      refusal(with("normal/node0/inputs", {"input0", "input1"})),
      ContainsSubstring("normal/node0/inputs: 1 different options are needed, here are [\"input0\",\"input1\"]"));
  CHECK_THAT(refusal(with("normal/node0/inputs", {"input1", "input1"})),
             ContainsSubstring("1 different options are needed"));
  CHECK_THAT(refusal(with("normal/node0/inputs", json::array())),
             ContainsSubstring("1 different options are needed, here are []"));
  CHECK_THAT(refusal(with("normal/node0/inputs", {"input7"})),
             ContainsSubstring("there is no option 'input7' (did you mean"));
  for (auto const& document : {json(), json(3), json::array(), json({{"fingerprint", 3}, {"decisions", {1, 2}}})})
    CHECK_THAT(refusal(document),
               ContainsSubstring("\"fingerprint\" is missing") && ContainsSubstring("\"decisions\" is missing"));
}

TEST_CASE("all faults are listed, and none that only follows from another") {
  auto document = with("kernal", "conv_3x3");
  document["fingerprint"] = "0";
  document["decisions"]["branch"] = "shallow";
  document["decisions"].erase("kernel");
  document["decisions"].erase("normal/node1/edge2");
  auto const message = refusal(document);
  CHECK(std::count(message.begin(), message.end(), '\n') == 4);
  CHECK_THAT(message, ContainsSubstring("made for the decisions 0") && ContainsSubstring("kernal: ") &&
                          ContainsSubstring("branch: there is no option 'shallow'") &&
                          ContainsSubstring("normal/node1/edge2: is missing"));
}

TEST_CASE("values are checked") {
  auto const space = nested();
  auto const good = from_json(space, valid_document());
  auto const faults_with = [&](std::string_view path, std::uint32_t value) {
    auto a = good;
    a.values[static_cast<std::size_t>(space.find(path))] = value;
    return faults(space, a);
  };
  CHECK(faults_with("kernel", 0).empty());
  CHECK(faults_with("kernel", 2) ==
        std::vector<std::string>{"kernel: option 2, but there are only 2 (counted from 0)"});
  CHECK(faults_with("normal/node1/inputs", 8) ==
        std::vector<std::string>{"normal/node1/inputs: the bit set 0x8 goes beyond its 3 options"});
  CHECK(faults_with("normal/node1/inputs", 6) ==
        std::vector<std::string>{"normal/node1/inputs: 2 options are kept, 1 are needed"});
  CHECK(faults_with("normal/node0/edge0", 1) ==
        std::vector<std::string>{"normal/node0/edge0: does not exist here, but has the value 1"});
  CHECK(faults(space, {{1, 2}}) == std::vector<std::string>{"it has 2 values, the space has 9 decisions"});
}

TEST_CASE("broken JSON is refused with its line and column") {
  CHECK_THAT(parse_fault("{\n  \"a\": 1,\n  b\n}"), ContainsSubstring("a.json:3:3: syntax error"));
  CHECK_THAT(parse_fault(""), ContainsSubstring("a.json:1:1: syntax error"));
  CHECK_THAT(parse_fault("{\"a\": {\"b\": 1}, \"a\": 2}"), ContainsSubstring("a.json: \"a\" is given twice"));
  CHECK_THAT(parse_fault("{\"a\": \"\xff\"}"), ContainsSubstring("a.json:1:"));
  CHECK_THAT(parse_fault(std::string(1'000'000, '[')), ContainsSubstring("a.json:1:1000001: syntax error"));
  CHECK(parse_fault("[{\"a\": 1}, {\"a\": 2}]").empty());
}
