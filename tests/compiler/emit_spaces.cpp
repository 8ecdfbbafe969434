#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

#include <iterator>
#include <regex>
#include <string>
#include <vector>

using namespace espalier::compiler;

namespace {

std::vector<std::string> matches(std::string const& text, std::string const& pattern) {
  std::regex const expression{pattern};
  std::vector<std::string> found;
  for (std::sregex_iterator m{text.begin(), text.end(), expression}, end; m != end; ++m)
    found.push_back((*m)[1]);
  return found;
}

std::size_t occurrences(std::string const& text, std::string const& word) {
  std::regex const expression{"\\b" + word + "\\b"};
  return static_cast<std::size_t>(std::distance(std::sregex_iterator{text.begin(), text.end(), expression}, {}));
}

// The structs of a header, each with its name; before them, helpers that are functions.
std::vector<std::string> structs(std::string const& header) {
  std::vector<std::string> result;
  std::size_t begin = 0;
  for (auto at = header.find("TORCH_MODULE("); at != std::string::npos; at = header.find("TORCH_MODULE(", begin)) {
    result.push_back(header.substr(begin, at - begin));
    begin = header.find('\n', at);
  }
  return result;
}

// What is declared in emitted code and never read.
std::vector<std::string> unread(std::string const& header) {
  std::vector<std::string> found;
  for (auto const& text : structs(header)) {
    for (auto const& variable : matches(text, "auto (\\w+) = "))
      if (occurrences(text, variable) < 2)
        found.push_back(variable);
    for (auto const& member : matches(text, "\\n  \\S+ (\\w+_)(?:\\{nullptr\\})?;")) // made, read and declared
      if (occurrences(text, member) < 3)
        found.push_back(member);
    for (auto const& same : matches(text, "\\n +(\\w+) = \\1;"))
      found.push_back(same + " = " + same);
  }
  for (auto const& module : matches(header, "TORCH_MODULE\\((\\w+)\\)"))
    if (module != "Network" && occurrences(header, module) < 3) // made and declared as a member, besides
      found.push_back(module);
  for (auto const& function : matches(header, "\\n(?:inline|template <[^>]*>) torch::Tensor (\\w+)\\("))
    if (occurrences(header, function) < 2)
      found.push_back(function);
  return found;
}

} // namespace

TEST_CASE("what is never read is noticed") {
  auto const header = [](std::string const& statements) {
    return "\ninline torch::Tensor recur(int x) {\n}\nstruct NetworkImpl {\n  NetworkImpl() {\n    a_ = 1;\n  }\n" +
           statements + "\n  Conv a_{nullptr};\n};\nTORCH_MODULE(Network);\n";
  };
  CHECK(unread(header("    x = x;\n    auto b = a_(x);")) == std::vector<std::string>{"b", "x = x", "recur"});
  CHECK(unread(header("    return recur(x);")) == std::vector<std::string>{"a_"});
}

TEST_CASE("of every shipped space, emitted networks hold nothing that is not read, and are the same again") {
  random_generator random{3};
  for (auto const& listed : spaces::all()) {
    auto const structured = lower(listed.space);
    CAPTURE(structured.name);
    auto const expanded = expand(structured);
    decision_space const decisions{expanded};
    for (int n = 0; n < 2; ++n) {
      auto const a = sample(decisions, random);
      auto const files = emit_libtorch(specialize(expanded, decisions, a), {});
      CHECK(unread(files.front().content) == std::vector<std::string>{});
      CHECK(files == emit_libtorch(specialize(expanded, decisions, a), {}));
    }
  }
}
