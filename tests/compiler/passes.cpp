#include <espalier/compiler/passes.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace espalier::compiler;
using espalier::user_error;
namespace fs = std::filesystem;

namespace {

// A case: a graph as text, in whose comments stand `// pass: NAME[,NAME]`, for `specialize` `// decisions: JSON`, and
// at the end either `// error: RULE` or `// expect:` and the text of what the passes make, each line behind `// `.
struct text_case {
  fs::path path;
  std::string text;
  std::string passes;
  std::string decisions;
  std::string error;
  std::string expected;
};

std::string read_file(fs::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

text_case read_case(fs::path const& path) {
  text_case c{path, read_file(path), "", "", "", ""};
  std::istringstream lines{c.text};
  bool is_expectation = false;
  for (std::string line; std::getline(lines, line);) {
    auto const behind = [&](std::string_view key) { return line.substr(std::min(key.size(), line.size())); };
    if (is_expectation)
      c.expected += behind("// ") + "\n";
    else if (line.starts_with("// pass: "))
      c.passes = behind("// pass: ");
    else if (line.starts_with("// decisions: "))
      c.decisions = behind("// decisions: ");
    else if (line.starts_with("// error: "))
      c.error = behind("// error: ");
    is_expectation = is_expectation || line == "// expect:";
  }
  return c;
}

std::vector<fs::path> files_under(fs::path const& folder) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::recursive_directory_iterator{folder})
    if (entry.path().extension() == ".ir")
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::vector<text_case> cases() {
  std::vector<text_case> found;
  for (auto const& path : files_under(fs::path{ESPALIER_SOURCE_DIR} / "tests/compiler/passes"))
    found.push_back(read_case(path));
  return found;
}

graph result_of(text_case const& c, pass_context& context) {
  if (!c.decisions.empty())
    context.choose = [&](decision_space const& space) {
      auto const decisions = parse_json(c.decisions, c.path.string());
      return from_json(space, {{"fingerprint", space.fingerprint()}, {"decisions", decisions}});
    };
  return run_passes(pipeline(c.passes), parse(c.text, c.path.string()), context,
                    [](pass_report const& report) { CHECK(verify(report.after).empty()); });
}

// With ESPALIER_UPDATE_GOLDENS set, the expectation is written anew.
void update(text_case const& c, std::string const& made) {
  auto const end = c.text.find("// expect:\n");
  std::ofstream file{c.path, std::ios::binary};
  file << c.text.substr(0, end) << "// expect:\n";
  std::istringstream lines{made};
  for (std::string line; std::getline(lines, line);)
    file << "// " << line << "\n";
}

void check(text_case const& c) {
  pass_context context;
  std::string made;
  std::string message;
  try {
    made = print(result_of(c, context));
  } catch (user_error const& error) {
    message = error.what();
  }
  if (std::getenv("ESPALIER_UPDATE_GOLDENS") != nullptr && c.error.empty() && message.empty())
    return update(c, made);
  if (!c.error.empty()) {
    CHECK(message.find(c.error) != std::string::npos);
    return;
  }
  CHECK(message == "");
  CHECK(made == c.expected);
  CHECK(print(parse(c.expected)) == c.expected);
}

} // namespace

TEST_CASE("each pass makes of a graph what its case says") {
  for (auto const& c : cases()) {
    CAPTURE(c.path.string());
    CHECK(c.path.parent_path().filename() == c.passes);
    check(c);
  }
}

TEST_CASE("there are four cases of each pass and more") {
  std::map<std::string, int> counts;
  for (auto const& c : cases())
    ++counts[c.passes];
  for (auto const& pass : passes()) {
    CAPTURE(pass.name);
    CHECK(counts[std::string{pass.name}] >= 4);
  }
}

TEST_CASE("a pass changes nothing where it has been") {
  for (auto const& c : cases()) {
    if (!c.error.empty() || c.passes == "specialize" || c.passes == "expand" || c.passes == "partial_channels")
      continue;
    CAPTURE(c.path.string());
    pass_context context;
    CHECK(print(run_passes(pipeline(c.passes), parse(c.expected), context)) == c.expected);
  }
}

TEST_CASE("every text of the tests reads as it is printed") {
  auto const files = files_under(fs::path{ESPALIER_SOURCE_DIR} / "tests/compiler");
  REQUIRE(files.size() >= 40);
  for (auto const& path : files) {
    CAPTURE(path.string());
    auto const g = parse(read_file(path), path.string());
    CHECK(parse(print(g)) == g);
    CHECK(print(parse(print(g))) == print(g));
  }
}

TEST_CASE("passes keep every shipped space sound, and its decisions") {
  random_generator random{1};
  for (auto const& shipped : spaces::all()) {
    auto const structured = lower(shipped.space);
    CAPTURE(structured.name);
    auto const expanded = expand(structured);
    decision_space const decisions{expanded};
    auto const network = specialize(expanded, decisions, sample(decisions, random));
    for (auto const* names : {"fold_identities", "remove_dead_code", "inline_blocks", "canonicalize",
                              "eliminate_common_subexpressions", "fuse_siblings",
                              "fold_identities,eliminate_common_subexpressions,remove_dead_code,inline_blocks,"
                              "canonicalize,fuse_siblings"}) {
      CAPTURE(names);
      pass_context context;
      auto const space = run_passes(pipeline(names), expanded, context);
      CHECK(verify(space).empty());
      CHECK(decision_space{space}.fingerprint() == decisions.fingerprint());
      CHECK(verify(run_passes(pipeline(names), network, context)).empty());
    }
  }
}

TEST_CASE("a pipeline is data: named, in order, reported") {
  CHECK(pipeline("").empty());
  auto const steps = pipeline("fold_identities,remove_dead_code");
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].name == "remove_dead_code");
  CHECK_THROWS_WITH(pipeline("fold_identity"), "no pass 'fold_identity' (did you mean 'fold_identities'?)");
  auto const g = parse("espalier 1\nnetwork \"n\" (%input: image[4, 8, 8]) {\n"
                       "  %a = relu %input : image[4, 8, 8]\n  %b = relu %input : image[4, 8, 8]\n  yield %b\n}\n");
  std::vector<std::string> reports;
  pass_context context;
  auto const made = run_passes(steps, g, context, [&](pass_report const& report) {
    CHECK(report.time.count() >= 0);
    reports.push_back(fmt::format("{} {}", report.of.name, report.has_changed));
  });
  CHECK(reports == std::vector<std::string>{"fold_identities false", "remove_dead_code true"});
  CHECK(made.body.operations.size() == 1);
}

TEST_CASE("passes that change weights say how") {
  pass_context context;
  run_passes(pipeline("infer_types,fold_batch_norms,fuse_siblings"), parse(R"(espalier 1
network "n" (%input: image[4, 8, 8]) {
  %a = block "a" %input (%x) {
    %conv0 = conv %x {kernel = 1, channels = 8}
    %batch_norm0 = batch_norm %conv0
    yield %batch_norm0
  }
  %b = conv %input {kernel = 1, channels = 8}
  %batch_norm0 = batch_norm %b
  %up = transposed_conv %a {kernel = 3, channels = 4, groups = 2}
  %batch_norm1 = batch_norm %up
  %global_avg_pool0 = global_avg_pool %batch_norm1
  %reduced = factorized_reduce %input {channels = 6}
  %batch_norm2 = batch_norm %reduced
  %global_avg_pool1 = global_avg_pool %batch_norm2
  %last = concat %global_avg_pool0, %global_avg_pool1
  yield %last
})"),
             context);
  CHECK(context.weights == weight_change{
                               concatenated_tensor{"reduced_conv0.weight", {"reduced.conv0.weight"}},
                               concatenated_tensor{"reduced_conv1.weight", {"reduced.conv1.weight"}},
                               normalized_layer{"a.conv0", "a.batch_norm0"},
                               normalized_layer{"b", "batch_norm0"},
                               normalized_layer{"up", "batch_norm1", true, 2},
                               normalized_layer{"reduced_conv0", "batch_norm2"},
                               normalized_layer{"reduced_conv1", "batch_norm2", false, 1, 3},
                               concatenated_tensor{"conv0.weight", {"a.conv0.weight", "b.weight"}},
                               concatenated_tensor{"conv0.bias", {"a.conv0.bias", "b.bias"}},
                           });
}
