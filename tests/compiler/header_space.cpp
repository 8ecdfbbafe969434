#include <espalier/compiler/header_space.hpp>

#include "../../compiler/src/compiler_message.hpp"

#include "catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using espalier::compiler::declared_spaces;
using espalier::compiler::shorten;

using names = std::vector<std::string>;

TEST_CASE("search spaces are found with the namespaces around them") {
  CHECK(declared_spaces("inline constexpr auto a = search_space(\"a\");") == names{"a"});
  CHECK(declared_spaces("namespace x::y { namespace z { auto a = dsl::search_space(1); } auto b =\n::espalier::dsl::"
                        "search_space (2); } auto c = search_space(3);") == names{"x::y::z::a", "x::y::b", "c"});
  CHECK(declared_spaces("namespace { auto a = search_space(1); } inline namespace v1 { auto b = search_space(1); }") ==
        names{"a", "v1::b"});
}

TEST_CASE("what only looks like a search space is not found") {
  CHECK(declared_spaces("// auto a = search_space(1);\n/* auto b = search_space(1); */").empty());
  CHECK(declared_spaces("char const* text = \"; auto a = search_space(1);\";").empty());
  CHECK(declared_spaces("auto text = R\"x(auto a = search_space(1);)x\"; auto other = my_search_space(1);").empty());
  CHECK(declared_spaces("#define MAKE auto a \\\n = search_space(1)\n").empty());
  CHECK(declared_spaces("void f() { auto a = search_space(1); }").empty());
  CHECK(declared_spaces("using namespace espalier::dsl; namespace n = m; auto a = search_space(1'000);") == names{"a"});
  CHECK(declared_spaces("auto quote = '\"'; auto a = search_space('{', \"}\\\"\");") == names{"a"});
}

TEST_CASE("text that ends in the middle of something is no reason to hang") {
  for (auto const* text : {"/* ", "\"", "R\"x(", "R\"", "'", "#define x \\", "namespace", "auto a = search_space", "}"})
    CHECK(declared_spaces(text).empty());
}

TEST_CASE("a mistake inside the language is told at the author's line") {
  auto const said_by = [](std::string const& type) {
    return shorten("In file included from /tmp/printer.cpp:1:\n"
                   "/ours/espalier/dsl/facts.hpp:192:25:   required from 'count() [with const auto& Space = net]'\n"
                   "/home/me/space.hpp:6:42:   required from here\n"
                   "/ours/espalier/dsl/valid.hpp:54:16: error: invalid application of 'sizeof' to incomplete type '" +
                       type +
                       "'\n"
                       "   54 |   char refused[sizeof(invalid_search_space<sentence<Space>()>)];\n"
                       "/home/me/space.hpp:9:3: error: 'convv' was not declared in this scope\n",
                   "/home/me/space.hpp", "space.hpp", {"/ours", "/tmp/printer.cpp"});
  };
  auto const whole = said_by(R"(dsl::invalid_search_space<message_text<30>{"net: the \"start\" is wrong [rule]"}>)");
  CHECK(whole.in_header);
  CHECK(whole.text == "space.hpp:6:42: net: the \"start\" is wrong [rule]\n    6 | \n"
                      "space.hpp:9:3: 'convv' was not declared in this scope\n    9 | ");
  auto const pieces = said_by(R"(dsl::invalid_search_space<message_text<30>{"net: the \"start\" is wr"}, )"
                              R"(message_text<30>{"ong [rule]"}>)");
  CHECK(pieces.text == whole.text);
}

TEST_CASE("a mistake outside the author's files is not told as theirs") {
  auto const message = shorten("/tmp/printer.cpp:8:40: error: 'nix' has not been declared\n", "/home/me/space.hpp",
                               "space.hpp", {"/ours", "/tmp/printer.cpp"});
  CHECK(!message.in_header);
  CHECK(message.text.empty());
}

TEST_CASE("no more than 12 lines are told") {
  std::string diagnostics;
  for (int i = 0; i < 20; ++i)
    diagnostics += "/home/me/space.hpp:9:3: error: 'convv' was not declared in this scope\n";
  auto const message = shorten(diagnostics, "/home/me/space.hpp", "space.hpp", {});
  CHECK(std::count(message.text.begin(), message.text.end(), '\n') == 12);
  CHECK(message.text.ends_with("... and 14 more"));
}
