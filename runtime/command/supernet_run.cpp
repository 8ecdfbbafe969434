#include "supernet_run.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

fs::path supernet_of_run(fs::path const& folder) {
  return folder / "supernet.pt";
}

runtime::search_options options_of_run(fs::path const& folder, nlohmann::json const& data) {
  auto const record = folder / "run.json";
  for (auto const& file : {record, supernet_of_run(folder)})
    if (!fs::exists(file))
      throw user_error(fmt::format("{} does not exist: give the folder of a finished search whose strategy trains a "
                                   "supernet, such as single-path",
                                   file.string()));
  auto const manifest = compiler::parse_json(runtime::read_file(record), record.string());
  try {
    auto const& recorded = manifest.at("data");
    if (recorded.at("fingerprint") != data.at("fingerprint"))
      throw user_error(fmt::format("{} was searched on {} with {} training images, --data is {} with {}: give the same",
                                   folder.string(), recorded.at("name").dump(), recorded.at("train").dump(),
                                   data.at("name").dump(), data.at("train").dump()));
    runtime::search_options options;
    options.images = manifest.at("options").at("images");
    options.seed = manifest.at("options").at("seed");
    return options;
  } catch (nlohmann::json::exception const& error) {
    throw user_error(
        fmt::format("{} is not the record of a search: {}; give the folder of one", record.string(), error.what()));
  }
}

} // namespace espalier::command
