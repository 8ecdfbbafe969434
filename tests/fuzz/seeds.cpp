#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/dsl/operation_table.hpp>
#include <spaces/all.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <fmt/format.h>

namespace {

using namespace espalier;
namespace fs = std::filesystem;

constexpr std::size_t longest_expanded = 12'000;

void write(fs::path const& path, std::string const& text) {
  std::ofstream{path, std::ios::binary} << text;
}

// Every word, and the pieces that structure a text.
std::string dictionary() {
  std::set<std::string> words{"espalier 1", "space",  "network",   "yield", "or",      "same",    "edge",
                              "depthwise",  "image[", "sequence[", "ids[",  "vector[", "tokens[", ") {"};
  for (auto const* declaration : dsl::operation_table) {
    words.emplace(declaration->name);
    for (std::size_t i = 0; i < declaration->attribute_count; ++i)
      words.emplace(fmt::format("{} = ", declaration->attributes[i].name));
  }
  std::string text;
  for (auto const& word : words)
    text += fmt::format("\"{}\"\n", word);
  return text;
}

} // namespace

/// seeds FOLDER DICTIONARY: writes every shipped space as text, and the words of the text form for libFuzzer.
int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  fs::path const folder{argv[1]};
  fs::create_directories(folder);
  for (auto const& [space, what] : spaces::all()) {
    auto const structured = compiler::lower(space);
    write(folder / structured.name, compiler::print(structured));
    if (auto const text = compiler::print(compiler::expand(structured)); text.size() < longest_expanded)
      write(folder / (structured.name + "-expanded"), text);
  }
  write(argv[2], dictionary());
}
