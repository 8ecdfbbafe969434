#include "architecture_source.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/draw.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

bool is_architecture(std::string const& source) {
  return fs::is_directory(source) || source.ends_with(".json");
}

// The space that a run recorded beside its architecture, or that the architecture names.
std::string space_of(std::string const& source) {
  auto const file = architecture_file(source);
  if (auto const recorded = file.parent_path() / "space.ir"; fs::exists(recorded))
    return recorded.string();
  auto const json = compiler::parse_json(runtime::read_file(file), file.string());
  if (json.is_object() && json.contains("space") && json["space"].is_string())
    return json["space"];
  throw user_error(fmt::format("{} does not say which space it belongs to: name the space before it", file.string()));
}

compiler::graph graph_of(graph_arguments const& arguments) {
  bool const has_space = !is_architecture(arguments.source);
  auto const space = load_space(has_space ? arguments.source : space_of(arguments.source));
  auto const architecture = has_space ? arguments.architecture : arguments.source;
  if (architecture.empty())
    return space.expanded;
  return compiler::specialize(space.expanded, space.decisions, load_architecture(architecture, space));
}

// One cell, or a space without cells, goes to the file itself; each of several to a file of its name.
fs::path file_of(compiler::drawing const& picture, std::size_t pictures, fs::path output) {
  if (pictures == 1)
    return output;
  return output.replace_filename(
      fmt::format("{}-{}{}", output.stem().string(), picture.name, output.extension().string()));
}

} // namespace

void draw_graph(graph_arguments const& arguments) {
  auto const graph = graph_of(arguments);
  auto pictures = compiler::draw_cells(graph);
  if (pictures.empty() || arguments.whole)
    pictures = {compiler::draw(graph)};
  for (auto const& picture : pictures) {
    auto const file = file_of(picture, pictures.size(), arguments.output);
    compiler::render(picture, file);
    fmt::print("{}\n", file.string());
  }
}

} // namespace espalier::command
