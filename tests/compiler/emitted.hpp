#pragma once

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>

#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

/// What tests of every target of emission share.
namespace emitted {

using namespace espalier::compiler;

inline graph random_network(espalier::dsl::space_view space, std::uint64_t seed) {
  auto const expanded = expand(lower(space));
  decision_space const decisions{expanded};
  random_generator random{seed};
  return without_search_operations(specialize(expanded, decisions, sample(decisions, random)));
}

inline std::string read(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A network written as text in tests/compiler/networks.
inline graph network_of_file(std::string const& name) {
  auto const path = std::filesystem::path{ESPALIER_SOURCE_DIR} / "tests/compiler/networks" / (name + ".ir");
  return parse(read(path), path.string());
}

inline std::string file(std::vector<emitted_file> const& files, std::string const& name) {
  for (auto const& f : files)
    if (f.name == name)
      return f.content;
  FAIL("no file " << name);
  return {};
}

/// With ESPALIER_UPDATE_GOLDENS set, the file is written anew.
inline void check_golden(std::string const& name, std::string const& content) {
  auto const path = std::filesystem::path{ESPALIER_SOURCE_DIR} / "tests/compiler/golden" / name;
  if (std::getenv("ESPALIER_UPDATE_GOLDENS") != nullptr)
    std::ofstream{path, std::ios::binary} << content;
  CHECK(content == read(path));
}

} // namespace emitted
