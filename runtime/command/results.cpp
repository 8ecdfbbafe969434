#include "space_commands.hpp"
#include "table.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

nlohmann::json read_object(fs::path const& path) {
  auto json = compiler::parse_json(runtime::read_file(path), path.string());
  if (!json.is_object())
    throw user_error(fmt::format("{}: not an object; run `search` or `train` again", path.string()));
  return json;
}

// The result of a run. Of a search it holds also the test accuracy of the network that was trained in its folder
// `trained`.
nlohmann::json read_run(fs::path const& folder) {
  auto const path = folder / "result.json";
  if (!fs::exists(path))
    throw user_error(
        fmt::format("{}: no result.json; give folders of finished runs of `search` or `train`", folder.string()));
  auto result = read_object(path);
  if (auto const trained = folder / "trained" / "result.json"; fs::exists(trained)) {
    auto const alone = read_object(trained);
    if (alone.contains("test_accuracy"))
      result["test_accuracy"] = alone["test_accuracy"];
  }
  return result;
}

template <class Make>
cell find(nlohmann::json const& result, char const* key, Make make) {
  auto const found = result.find(key);
  if (found == result.end() || !(found->is_number() || found->is_string()))
    return missing_cell();
  if constexpr (std::is_invocable_v<Make, double>)
    return found->is_number() ? make(found->get<double>()) : missing_cell();
  else
    return found->is_string() ? make(found->get<std::string>()) : missing_cell();
}

std::string name_of(fs::path const& folder) {
  auto const path = folder.lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

} // namespace

void list_results(results_arguments const& arguments) {
  using enum column::kind;
  table results{{{"run", "run", text},
                 {"strategy", "strategy", text},
                 {"architecture", "architecture", text},
                 {"params", "params"},
                 {"macs", "macs"},
                 {"validation_accuracy", "validation"},
                 {"test_accuracy", "test accuracy"},
                 {"seconds", "seconds"}}};
  auto const count = [](double value) { return count_cell(static_cast<long long>(value)); };
  for (auto const& folder : arguments.folders) {
    auto const result = read_run(folder);
    results.add({text_cell(name_of(folder)), find(result, "strategy", text_cell),
                 find(result, "architecture", text_cell), find(result, "params", count), find(result, "macs", count),
                 find(result, "validation_accuracy", accuracy_cell), find(result, "test_accuracy", accuracy_cell),
                 find(result, "seconds", seconds_cell)});
  }
  results.print(arguments.json);
}

} // namespace espalier::command
