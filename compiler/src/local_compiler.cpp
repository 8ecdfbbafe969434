#include <espalier/compiler/local_compiler.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace espalier::compiler {

namespace fs = std::filesystem;

namespace {

std::string environment(char const* name, std::string const& preset) {
  char const* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : preset;
}

// The build tree's folders while it exists, else those beside the installed command or where the library was installed.
std::vector<fs::path> include_folders() {
  std::vector<fs::path> folders;
  std::string_view rest{ESPALIER_BUILD_INCLUDE_DIRS};
  while (!rest.empty()) {
    auto const end = std::min(rest.find(':'), rest.size());
    folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  auto const holds_language = [](fs::path const& folder) { return fs::exists(folder / "espalier" / "dsl.hpp"); };
  if (std::ranges::any_of(folders, holds_language))
    return folders;
  auto const beside = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "include";
  for (auto const& installed : {beside, fs::path{ESPALIER_INSTALLED_INCLUDE_DIR}})
    if (holds_language(installed))
      return {installed};
  throw user_error(
      fmt::format("cannot compile headers: espalier/dsl.hpp is neither in {} nor in {}; reinstall espalier",
                  ESPALIER_BUILD_INCLUDE_DIRS, beside.string()));
}

fs::path cache_folder(std::string_view kept) {
  auto const home = environment("HOME", "");
  auto const caches = environment("XDG_CACHE_HOME", home.empty() ? "" : home + "/.cache");
  return caches.empty() ? fs::path{} : fs::path{caches} / "espalier" / kept;
}

} // namespace

header_compiler local_compiler(std::string_view kept) {
  return {environment("CXX", fs::exists(ESPALIER_CXX_COMPILER) ? ESPALIER_CXX_COMPILER : "g++"), include_folders(),
          cache_folder(kept)};
}

} // namespace espalier::compiler
