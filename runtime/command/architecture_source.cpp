#include "architecture_source.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

std::filesystem::path architecture_file(std::string const& source) {
  std::filesystem::path const path{source};
  return std::filesystem::is_directory(path) ? path / "architecture.json" : path;
}

compiler::architecture load_architecture(std::string const& source, compiler::decision_space const& space) {
  auto const path = architecture_file(source).string();
  auto const json = compiler::parse_json(runtime::read_file(path), path);
  try {
    return compiler::from_json(space, json);
  } catch (user_error const& fault) {
    throw user_error(fmt::format("{}: {}", path, fault.what()));
  }
}

compiler::architecture load_architecture(std::string const& source, compiler::compiled_space const& space) {
  return load_architecture(source, space.decisions);
}

std::string architecture_text(compiler::compiled_space const& space, compiler::architecture const& a) {
  return compiler::to_json(space.decisions, space.structured.name, a).dump(2) + "\n";
}

} // namespace espalier::command
