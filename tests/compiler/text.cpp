#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <spaces/darts.hpp>

#include "catch.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using espalier::user_error;

namespace {

namespace dsl = espalier::dsl;

constexpr auto tiny = [] {
  using namespace dsl;
  return search_space("tiny", image(3, 8, 8), conv(3, channels(16), stride(2)),
                      repeat(2, cell("normal", nodes(2), keep(1), choice(none(), max_pool(3), sep_conv(5)))(8)),
                      choice("tail", relu(), conv(1, channels(16), groups(4))), global_avg_pool(), linear(10));
};

constexpr std::string_view tiny_text = R"(espalier 1
space "tiny" (%input: image[3, 8, 8]) {
  %conv0 = conv %input {kernel = 3, channels = 16, stride = 2}
  %repeat0_before, %repeat0 = repeat %conv0, %conv0 {count = 2} (%before, %now) {
    %normal0 = cell "normal" %before, %now {channels = 8, nodes = 2, keep = 1, inputs = 2} (%x) {
      %choice0 = choice %x (%x) {
        %none0 = none %x
        yield %none0
      } or (%x) {
        %max_pool0 = max_pool %x {kernel = 3}
        yield %max_pool0
      } or (%x) {
        %sep_conv_5x5_0 = block "sep_conv_5x5" %x (%x) {
          %relu0 = relu %x
          %conv0 = conv %relu0 {kernel = 5, groups = depthwise}
          %conv1 = conv %conv0 {kernel = 1}
          %batch_norm0 = batch_norm %conv1
          %relu1 = relu %batch_norm0
          %conv2 = conv %relu1 {kernel = 5, groups = depthwise}
          %conv3 = conv %conv2 {kernel = 1}
          %batch_norm1 = batch_norm %conv3
          yield %batch_norm1
        }
        yield %sep_conv_5x5_0
      }
      yield %choice0
    }
    yield %now, %normal0
  }
  %tail0 = choice "tail" %repeat0 (%x) {
    %relu0 = relu %x
    yield %relu0
  } or (%x) {
    %conv0 = conv %x {kernel = 1, channels = 16, groups = 4}
    yield %conv0
  }
  %global_avg_pool0 = global_avg_pool %tail0
  %linear0 = linear %global_avg_pool0 {channels = 10}
  yield %linear0
}
)";

std::string with_body(std::string const& body) {
  return "espalier 1\nspace \"s\" (%input: image[3, 8, 8]) {\n" + body + "\n}\n";
}

// The message of the error; empty if there is none.
std::string message_of(std::string const& text) {
  try {
    parse(text, "a.ir");
  } catch (user_error const& error) {
    return error.what();
  }
  return "";
}

void check_round_trip(graph const& g) {
  auto const text = print(g);
  auto const again = parse(text);
  CHECK(again == g);
  CHECK(print(again) == text);
}

} // namespace

TEST_CASE("a space prints as text, word for word") {
  static constexpr auto space = tiny();
  CHECK(print(lower(space.view())) == tiny_text);
}

TEST_CASE("the example in the documentation is this space") {
  std::ifstream file{ESPALIER_SOURCE_DIR "/docs/ir.md"};
  std::string const page{std::istreambuf_iterator<char>{file}, {}};
  std::string const fence = "```espalier\n";
  auto const begin = page.find(fence);
  REQUIRE(begin != std::string::npos);
  auto const end = page.find("```\n", begin + fence.size());
  CHECK(page.substr(begin + fence.size(), end - begin - fence.size()) == tiny_text);
}

TEST_CASE("parse and print are inverse to each other") {
  check_round_trip(parse(tiny_text));
  check_round_trip(expand(parse(tiny_text)));
  auto const structured = lower(spaces::darts::search.view());
  check_round_trip(structured);
  auto const expanded = expand(structured);
  check_round_trip(expanded);
  decision_space const decisions{expanded};
  random_generator random{1};
  auto const network = specialize(expanded, decisions, sample(decisions, random));
  check_round_trip(network);
  CHECK_THAT(print(network), ContainsSubstring("network \"darts-search\""));
}

TEST_CASE("canonical text is a fixed point, other spellings of it are read") {
  CHECK(print(parse(tiny_text)) == tiny_text);
  auto const loose = R"(// a comment
    espalier 1 // the version
    space "s" (
      %input: image[3,8,8]) {
    %a = conv %input {stride = edge, kernel=5,
                      channels = same} // inherited
    %b = relu
    yield %a })";
  auto const canonical = with_body("  %a = conv %input {kernel = 5}\n  %b = relu\n  yield %a");
  CHECK(print(parse(loose)) == "espalier 1\nnetwork" + canonical.substr(16));
  CHECK(parse(loose) == parse(canonical));
}

TEST_CASE("names, negative numbers and several results survive") {
  graph g = parse(
      with_body("  %a = block \"3x3 \\\"größe\\\" \\\\\" %input (%x) {\n  }\n  %1, %2 = repeat %a, %a {count = -7}\n"
                "  %b, %c = linear %a : ?, vector[7]\n  %d = batch_norm %a {search_only = 1}\n  yield %a, %b"));
  CHECK(g.body.operations[0].label == "3x3 \"größe\" \\");
  CHECK(g.body.operations[1].attribute("count") == -7);
  CHECK(g.body.operations[2].results[1].type == dsl::tensor_type{dsl::tensor_kind::vector, 7, 1, 1});
  check_round_trip(g);
}

TEST_CASE("presets go without saying only where they are neutral") {
  auto const line = [](std::string const& operation) {
    auto const text = print(parse(with_body("%a = " + operation)));
    auto const begin = text.find("%a");
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  CHECK(line("conv %input") == "%a = conv %input {kernel = 3}");
  CHECK(line("conv %input {dilation = 1, groups = 1}") == "%a = conv %input {kernel = 3}");
  CHECK(line("conv %input {groups = depthwise, stride = 1}") ==
        "%a = conv %input {kernel = 3, stride = 1, groups = depthwise}");
  CHECK(line("select \"a\" %input {least = 1}") == "%a = select \"a\" %input");
  CHECK(line("cell \"c\" %input") == "%a = cell \"c\" %input {nodes = 4, keep = 2, inputs = 2}");
  CHECK(line("repeat %input {count = 1}") == "%a = repeat %input");
}

TEST_CASE("a fault names line, column and what was found, and quotes the line") {
  CHECK(message_of(with_body("  %a = convv %input")) ==
        "a.ir:3:8: there is no operation 'convv' (did you mean 'conv'?)\n    %a = convv %input\n         ^");

  struct mistake {
    std::string text;
    std::string message;
  };
  std::vector<mistake> const mistakes{
      {"", ":1:1: expected 'espalier 1', found the end of the text"},
      {"graph", ":1:1: expected 'espalier 1', found 'graph'"},
      {"espalier 2\n", ":1:10: version 2 of the text form is not known here, only 1"},
      {"espalier one", ":1:10: expected the version of the text form, found 'one'"},
      {"espalier 1\nspaces \"s\"", ":2:1: expected 'space' or 'network', found 'spaces'"},
      {"espalier 1\nspace s", ":2:7: expected the space's name in quotes, found 's'"},
      {"espalier 1\nspace \"s\" {", ":2:11: expected '(', found '{'"},
      {"espalier 1\nspace \"s", ":2:7: the name is not closed: add \" on the same line"},
      {"espalier 1\nspace \"s\\n\"", ":2:9: a name knows only \\\" and \\\\ behind a backslash"},
      {"espalier 1\nspace \"s\x01\"", ":2:7: a name is UTF-8 without control characters"},
      {"espalier 1\nspace \"\xc3\"", ":2:7: a name is UTF-8 without control characters"},
      {"espalier 1\nspace \"s\" (%x: tensor[3])",
       ":2:16: expected a type such as image[3, 32, 32] or vector[10], found 'tensor'"},
      {"espalier 1\nspace \"s\" (%x: image[3, 8])", ":2:26: an image has channels, height and width, here are 2 sizes"},
      {"espalier 1\nspace \"s\" (%x: vector[3, 8])", ":2:27: a vector has one size, here are 2"},
      {"espalier 1\nspace \"s\" (%x: image[3, 0, 8])", ":2:25: a size is 0, at least 1 is needed"},
      {"espalier 1\nspace \"s\" (%x: image[3, 4294967297, 8])", ":2:25: 4294967297 does not fit"},
      {"espalier 1\nspace \"s\" (%x, %) {}", ":2:16: a value is % and letters, digits or _"},
      {with_body("") + "more", ":5:1: expected the end of the text, found 'more'"},
      {"espalier 1\nspace \"s\" (%x) {",
       ":2:17: expected an operation such as '%y = relu %x', 'yield' or '}', found the end"},
      {"espalier 1\nnetwork \"s\" (%x) {\n%a = choice %x\n}", ":2:1: a network decides nothing"},
      {with_body("relu %input"), ":3:1: relu has a result: write '%name = relu ...'"},
      {with_body("%a relu %input"), ":3:4: expected '=', found 'relu'"},
      {with_body("%a = %b"), ":3:6: expected an operation's name, found '%b'"},
      {with_body("%a = sequence %input"), ":3:6: there is no operation 'sequence'"},
      {with_body("%a = relu %input %input"), ":3:18: expected the end of the line, found '%input'"},
      {with_body("%a = relu %input, {}"), ":3:19: expected a value such as %x, found '{'"},
      {with_body("%a = relu %input {kernel = 3}"), ":3:19: relu has no attribute 'kernel'"},
      {with_body("%a = conv %input {kernal = 3}"), ":3:19: conv has no attribute 'kernal' (did you mean 'kernel'?)"},
      {with_body("%a = conv %input {kernel = 3, kernel = 3}"), ":3:31: 'kernel' is given twice"},
      {with_body("%a = conv %input {kernel = depthwise}"), ":3:28: there is no number 'depthwise'"},
      {with_body("%a = conv %input {groups = all}"), ":3:28: there is no number 'all'"},
      {with_body("%a = conv %input {stride = 0}"), ":3:28: 'stride' is never 0; did you mean 'edge'?"},
      {with_body("%a = conv %input {kernel = 99999999999}"), ":3:28: 99999999999 does not fit: numbers go from"},
      {with_body("%a = conv %input {kernel = 3x3}"), ":3:28: '3x3' is no whole number"},
      {with_body("%a = conv %input {kernel = \"3\"}"), ":3:28: expected a number, found '\"3\"'"},
      {with_body("%a = conv %input {kernel = one_of()}"), ":3:35: expected a number, found ')'"},
      {with_body("%a = conv %input {}"), ":3:19: expected an attribute's name, found '}'"},
      {with_body("%a = conv %input : image[3, 8, 8], image[3, 8, 8]"), ":3:18: 2 types for 1 results"},
      {with_body("%a = relu %input; %b"), ":3:17: ';' has no meaning here"},
      {with_body("%a = relu %input\x80"), ":3:17: byte 0x80 has no meaning here"},
      {with_body("yield"), ":4:1: expected a value such as %x, found '}'"},
      {with_body("yield %input\n%a = relu %input"), ":4:1: expected an operation such as"},
  };
  for (auto const& [text, message] : mistakes) {
    CAPTURE(text);
    CHECK_THAT(message_of(text), ContainsSubstring("a.ir" + message));
  }
}

TEST_CASE("a fault in a long line quotes the part around it") {
  auto const message = message_of(with_body("  %a = relu " + std::string(100'000, ' ') + "?"));
  CHECK_THAT(message, ContainsSubstring("a.ir:3:100013: expected the end of the line, found '?'"));
  CHECK(message.size() < 300);
}

TEST_CASE("regions nest at most 64 deep") {
  std::string nested;
  for (int i = 0; i < 100'000; ++i)
    nested += "%a = block %x (%x) {\n";
  CHECK_THAT(message_of(with_body(nested)), ContainsSubstring("a.ir:66:15: regions nest more than 64 deep"));
}

TEST_CASE("no damage to a text does more than a user_error") {
  random_generator random{7};
  constexpr std::string_view bytes = "%{}()[]:,=?\"\\\n /-0139axz_\x80\xff";
  auto const damage = [&](std::string text) {
    for (auto changes = 1 + random.below(3); changes > 0; --changes) {
      auto const at = random.below(static_cast<std::uint32_t>(text.size()));
      auto const byte = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
      switch (random.below(3)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      default:
        text.erase(at, 1 + random.below(8));
      }
    }
    return text;
  };
  int accepted = 0;
  auto const try_damaged = [&](std::string const& text, int rounds) {
    for (; rounds > 0; --rounds)
      try {
        auto const g = parse(damage(text));
        verify(g);
        REQUIRE(parse(print(g)) == g);
        ++accepted;
      } catch (user_error const&) { // as it should be
      }
  };
  try_damaged(std::string{tiny_text}, 18'000);
  try_damaged(print(expand(parse(tiny_text))), 2'000);
  CHECK(accepted > 100);
}

TEST_CASE("a fingerprint is FNV-1a of 64 bits") {
  CHECK(fingerprint("") == "cbf29ce484222325");
  CHECK(fingerprint("a") == "af63dc4c8601ec8c");
  CHECK(fingerprint("foobar") == "85944171f73967e8");
}
