#include "space_source.hpp"

#include "shipped_spaces.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/header_space.hpp>
#include <espalier/compiler/local_compiler.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view header_endings[] = {".hpp", ".hh", ".hxx", ".h"};

// A header and the name of the space in it, if any.
struct header_reference {
  std::string path;
  std::string name;
};

std::optional<header_reference> as_header(std::string const& source) {
  for (auto const ending : header_endings) {
    if (source.ends_with(ending))
      return header_reference{source, ""};
    if (auto const at = source.find(std::string{ending} + "::"); at != std::string::npos)
      return header_reference{source.substr(0, at + ending.size()), source.substr(at + ending.size() + 2)};
  }
  return {};
}

} // namespace

compiler::graph load_graph(std::string const& source) {
  std::vector<std::string> names;
  for (auto const& [space, what] : shipped_spaces()) {
    names.push_back(compiler::spelled(space.name));
    if (names.back() == source)
      return compiler::lower(space);
  }
  if (auto const header = as_header(source))
    return compiler::read_header(header->path, header->name, compiler::local_compiler("spaces"));
  if (fs::is_regular_file(source))
    return compiler::parse(runtime::read_file(source), source);
  throw user_error(
      fmt::format("no search space '{}'{}: give a name that `espalier spaces` lists, a file of IR text, or a header "
                  "such as my_space.hpp",
                  source, compiler::suggest(source, names)));
}

compiler::compiled_space load_space(std::string const& source) {
  return compiler::compiled_space{load_graph(source)};
}

} // namespace espalier::command
