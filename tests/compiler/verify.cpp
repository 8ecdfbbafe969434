#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <spaces/darts.hpp>

#include "catch.hpp"

#include <set>
#include <string>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string with_body(std::string const& body) {
  return "espalier 1\nspace \"s\" (%input: image[4, 8, 8]) {\n" + body + "\n}\n";
}

std::vector<std::string> faults_of(std::string const& body) {
  std::vector<std::string> faults;
  for (auto const& fault : verify(parse(with_body(body))))
    faults.push_back(fault.where + ": " + fault.rule);
  return faults;
}

std::string cell(std::string const& attributes, std::string const& edge = "%e = skip_connect %x",
                 std::string const& inputs = "%input, %input") {
  return "cell \"c\" " + inputs + " " + attributes + " (%x) {\n" + edge + "\nyield %e\n}\n";
}

// A stem halves or quarters the map, so that a cell behind it has inputs of two sizes.
std::string stem(std::string const& reads, int stride) {
  return "%s = stem \"s\" " + reads + " (%x) {\n%r = conv %x {stride = " + std::to_string(stride) + "}\nyield %r\n}\n";
}

struct broken {
  std::string body;
  std::vector<std::string> faults;
};

void check_all(std::vector<broken> const& cases) {
  for (auto const& [body, faults] : cases) {
    CAPTURE(body);
    CHECK(faults_of(body) == faults);
  }
}

} // namespace

TEST_CASE("sound graphs have no fault, at every level") {
  for (auto const& structured : {lower(spaces::darts::search.view()), lower(spaces::darts::cifar10.view())}) {
    CHECK(verify(structured).empty());
    CHECK(verify(expand(structured)).empty());
    CHECK_NOTHROW(require_valid(structured));
  }
}

TEST_CASE("the form of a graph is checked") {
  check_all({
      {"%a = relu %b\nyield %a", {"%a: unknown-value"}},
      {"%a = relu %b\n%b = relu %input\nyield %b", {"%a: use-before-definition"}},
      {"%a = relu %a\nyield %a", {"%a: use-before-definition"}},
      {"%a = relu %input\n%a = relu %input\nyield %a", {"%a: duplicate-value-name"}},
      {"%input = relu %input\nyield %input", {"%input: duplicate-value-name"}},
      {"yield %nothing", {"yield: unknown-value"}},
      {"%a = relu %input", {"yield: missing-yield"}},
      {"yield %input, %input", {"yield: wrong-yield-count"}},
      {"%a = relu\nyield %a", {"%a: wrong-operand-count"}},
      {"%a = relu %input, %input\nyield %a", {"%a: wrong-operand-count"}},
      {"%a, %b = relu %input\nyield %a", {"%a: wrong-result-count"}},
      {"%a = relu %input (%x) {\nyield %x\n}\nyield %a", {"%a: wrong-region-count"}},
      {"%a = block \"b\" %input\nyield %a", {"%a: wrong-region-count"}},
      {"%a = block \"b\" %input (%x, %y) {\nyield %x\n}\nyield %a", {"%a: wrong-argument-count"}},
      {"%a = block \"b\" %input (%x) {\nyield %input\n}\nyield %a", {"%a/yield: unknown-value"}},
      {"%a, %b = repeat %input, %input (%x, %y) {\nyield %x\n}\nyield %a", {"%a/yield: wrong-yield-count"}},
      {"%a = choice %input (%x) {\n%b = relu %x\n%c = relu %b\nyield %c\n} or (%x) {\n%d = relu %x\nyield %d\n}\nyield "
       "%a",
       {"%a: not-one-operation"}},
      {"%a = choice %input (%x) {\n%b = relu %x\nyield %x\n} or (%x) {\n%d = relu %x\nyield %d\n}\nyield %a",
       {"%a: not-one-operation"}},
      {"%a = choice %input (%x) {\n%b = repeat %x (%y) {\nyield %y\n}\nyield %b\n} or (%x) {\n%d = relu %x\nyield "
       "%d\n}\nyield %a",
       {"%a: not-one-operation"}},
      {"%a = cell \"c\" %input {channels = 4} (%x) {\n%e = relu %x\nyield %e\n}\nyield %a",
       {"%a: wrong-operand-count"}},
      {"%a = conv %input {kernel = 257, channels = 65537}\n%b = batch_norm %a {search_only = 2}\nyield %b",
       {"%a: attribute-out-of-range", "%a: attribute-out-of-range", "%b: attribute-out-of-range"}},
  });
}

TEST_CASE("the rules of the language are checked") {
  check_all({
      {"%a = linear %input {channels = 10}\nyield %a", {"%a: wrong-kind"}},
      {"%a = global_avg_pool %input\n%b = conv %a\nyield %b", {"%b: wrong-kind"}},
      {"%a = conv %input {kernel = 4}\nyield %a", {"%a: even-kernel"}},
      {"%a = max_pool %input {kernel = -1}\nyield %a", {"%a: size-not-positive"}},
      {"%a = conv %input {groups = 3}\nyield %a", {"%a: groups-do-not-divide-channels"}},
      {"%a = conv %input {stride = 8}\n%b = max_pool %a {stride = 2}\nyield %b", {"%b: stride-on-single-pixel"}},
      {"%a = conv %input {stride = 8}\n%b = factorized_reduce %a\nyield %b", {"%b: odd-map-halved"}},
      {"%a = choice %input (%x) {\n%b = relu %x\nyield %b\n}\nyield %a", {"%a: empty-choice"}},
      {"%a = choice %input\nyield %a", {"%a: empty-choice"}},
      {"%a = choice %input (%x) {\n%b = relu %x\nyield %b\n} or (%x) {\n%c = conv %x {channels = 5}\nyield "
       "%c\n}\nyield %a",
       {"%a/%c: candidates-disagree"}},
      {"%a = choice %input (%x) {\n%b = conv %x\nyield %b\n} or (%y) {\n%c = conv %y {kernel = 3}\nyield %c\n}\nyield "
       "%a",
       {"%a/%c: duplicate-candidate"}},
      {"%a = repeat %input {count = -1} (%x) {\nyield %x\n}\nyield %a", {"%a: size-not-positive"}},
      {"%a = repeat %input {count = 4} (%x) {\n%b = max_pool %x {stride = 2}\nyield %b\n}\nyield %a",
       {"%a/%b: stride-on-single-pixel"}},
  });
}

TEST_CASE("a cell's edge takes the cell's channels and stride") {
  check_all({
      {"%a = " + cell("{channels = 4}") + "yield %a", {}},
      {"%a = " + cell("{channels = 4, nodes = 1, stride = 2}") + "yield %a", {}},
      {"%a = " + cell("{channels = 4, stride = 2}", "%e = relu %x") + "yield %a", {"%a/%e: edge-changes-shape"}},
      {"%a = " + cell("{channels = 4}", "%e = conv %x {channels = 8}") + "yield %a", {"%a/%e: edge-changes-shape"}},
      {"%a = " + cell("{channels = 4, keep = 3}") + "yield %a", {"%a: keep-out-of-range"}},
      {"%a = " + cell("{nodes = -2}") + "yield %a", {"%a: size-not-positive"}},
      {"%a = " + cell("{channels = 4, nodes = 31}") + "yield %a", {"%a: attribute-out-of-range"}},
      {"%a = cell %input, %input {channels = 4} (%x) {\n%e = relu %x\nyield %e\n}\nyield %a", {"%a: missing-name"}},
      {"%p = global_avg_pool %input\n%a = " + cell("{channels = 4}", "%e = relu %x", "%p, %p") + "yield %a",
       {"%a: wrong-kind"}},
      {stem("%input", 4) + "%a = " + cell("{channels = 4}", "%e = relu %x", "%input, %s") + "yield %a",
       {"%a: cell-inputs-disagree"}},
      {"%p = max_pool %input {kernel = 2, stride = 1, padded = 0}\n" + stem("%p", 2) +
           "%a = " + cell("{channels = 4}", "%e = relu %x", "%p, %s") + "yield %a",
       {"%a: odd-map-halved"}},
      {stem("%input", 2) + "%a = " + cell("{channels = 5}", "%e = relu %x", "%input, %s") + "yield %a",
       {"%a: parts-do-not-divide-channels"}},
      {stem("%input", 2) + "%a = " + cell("{channels = 4}", "%e = relu %x", "%s, %s") + "yield %a",
       {"%a: not-declared"}},
      {"%a = " +
           cell("{channels = 4}",
                "%e = choice %x (%x) {\n%n = none %x\nyield %n\n} or (%x) {\n%m = none %x {stride = 1}\nyield %m\n}") +
           "yield %a",
       {"%a/%e: only-none-to-choose"}},
  });
}

TEST_CASE("one name stands for one decision") {
  auto const choice = [](std::string const& value, std::string const& kernel) {
    return "%" + value + " = choice \"n\" %input (%x) {\n%b = conv %x {kernel = " + kernel +
           "}\nyield %b\n} or (%x) {\n%c = relu %x\nyield %c\n}\n";
  };
  check_all({
      {choice("a", "3") + choice("b", "3") + "yield %b", {}},
      {choice("a", "3") + choice("b", "5") + "yield %b", {"%b: name-reused"}},
      {"%a = " + cell("{channels = 4}") + "%b = " + cell("{channels = 8}", "%e = skip_connect %x", "%input, %a") +
           "yield %b",
       {}},
      {"%a = " + cell("{channels = 4}") +
           "%b = " + cell("{channels = 4, nodes = 3}", "%e = skip_connect %x", "%input, %a") + "yield %b",
       {"%b: name-reused"}},
      {"%a = choice \"n/m\" %input (%x) {\n%b = conv %x\nyield %b\n} or (%x) {\n%c = relu %x\nyield %c\n}\nyield %a",
       {"%a: malformed-name"}},
  });
}

TEST_CASE("recorded types and joins of an expanded graph are checked") {
  auto const type = std::string{" : image[4, 8, 8]"};
  check_all({
      {"%a = relu %input : image[4, 8, 9]\nyield %a", {"%a: type-mismatch"}},
      {"%a = relu %input" + type + "\n%b = block \"b\" %a" + type + " (%x: image[5, 8, 8]) {\nyield %x\n}\nyield %b",
       {"%b/%x: type-mismatch"}},
      {"%a = relu %input" + type + "\n%b = select \"s\" %a, %input {most = 3}" + type + "\nyield %b",
       {"%b: keep-out-of-range"}},
      {"%a = relu %input" + type + "\n%b = select %a, %input" + type + "\nyield %b", {"%b: missing-name"}},
      {"%a = conv %input {channels = 8} : image[8, 8, 8]\n%b = add %a, %input\nyield %b", {"%b: operands-disagree"}},
      {"%a = conv %input {channels = 8} : image[8, 8, 8]\n%b = concat %a, %input : image[12, 8, 8]\nyield %b", {}},
      {"%a = max_pool %input {stride = 2} : image[4, 4, 4]\n%b = concat %a, %input\nyield %b",
       {"%b: operands-disagree"}},
      {"%a = choice %input" + type +
           " (%x) {\n%b = relu %x\nyield %b\n} or (%x) {\n%c = conv %x\nyield %c\n}\nyield %a",
       {"%a: missing-name"}},
      {"%a = choice \"a\" %input" + type + " (%x) {\n%b = none %x\nyield %b\n} or (%x) {\n%c = none %x\nyield %c\n}\n" +
           "%d = select \"d\" %a, %input" + type + "\nyield %d",
       {"%d: only-none-to-choose"}},
  });
}

TEST_CASE("all faults are listed, each once, with both numbers and the remedy") {
  auto const g = parse(with_body("%a = conv %input {kernel = 2}\n%b = conv %a {groups = 3}\n%c = relu %nothing\n"
                                 "%d = repeat %b {count = 3} (%x) {\n%e = avg_pool %x {kernel = 6}\nyield %e\n}\n"
                                 "%f = linear %d {channels = 3}\n%g = max_pool %d {kernel = 4}"));
  std::vector<std::string> rules;
  for (auto const& fault : verify(g))
    rules.push_back(fault.where + ": " + fault.rule);
  CHECK(rules == std::vector<std::string>{"%c: unknown-value", "yield: missing-yield", "%a: even-kernel",
                                          "%b: groups-do-not-divide-channels", "%d/%e: even-kernel", "%f: wrong-kind",
                                          "%g: even-kernel"});
  try {
    require_valid(g);
    FAIL("it is not valid");
  } catch (espalier::user_error const& error) {
    CHECK_THAT(error.what(), ContainsSubstring("\"s\" has 7 faults:\n  %c: there is no %nothing in this region; "));
    CHECK_THAT(error.what(), ContainsSubstring("\n  %b: 4 channels cannot be split into 3 groups; choose channels"));
    CHECK_THAT(error.what(), ContainsSubstring("[even-kernel]"));
  }
}

TEST_CASE("the input is checked") {
  auto const rules = [](std::string const& arguments) {
    std::set<std::string> found;
    for (auto const& fault : verify(parse("espalier 1\nspace \"s\" (" + arguments + ") {\n%a = relu %x\nyield %a\n}")))
      found.insert(fault.rule);
    return found;
  };
  CHECK(rules("%x: image[1, 2, 3]").empty());
  CHECK(rules("%x") == std::set<std::string>{"size-not-positive"});
  CHECK(rules("%x: image[1, 70000, 3]") == std::set<std::string>{"attribute-out-of-range"});
  CHECK(rules("%x: image[1, 2, 3], %y: image[1, 2, 3]") == std::set<std::string>{"wrong-argument-count"});
  CHECK(rules("") == std::set<std::string>{"wrong-argument-count", "unknown-value"});
}

TEST_CASE("nested repeats are checked at once, and refused where unrolling them has no end") {
  std::string body;
  for (int i = 0; i < 60; ++i)
    body += "%a = repeat %" + std::string(i == 0 ? "input" : "b") +
            " {count = 1000} (%x) {\n%b = conv %x {channels = " + std::to_string(i + 1) + "}\n";
  for (int i = 0; i < 60; ++i)
    body += "yield %" + std::string(i == 0 ? "b" : "a") + "\n}\n";
  CHECK(faults_of(body + "yield %a") == std::vector<std::string>{": too-many-operations"});
}
