#include <espalier/compiler/error.hpp>
#include <spaces/all.hpp>

#include "emitted.hpp"

#include <sstream>

#include <fmt/format.h>

using namespace emitted;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

bool runs(std::string const& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

} // namespace

TEST_CASE("an emitted PyTorch project is the golden one, byte by byte and again") {
  auto const network = network_of_file("two_cells");
  emission_options const options{.architecture_json = "{}", .has_weights = true};
  auto const files = emit_python(network, options);
  check_golden("two_cells_network.py", file(files, "network.py"));
  check_golden("two_cells_README_python.md", file(files, "README.md"));
  CHECK(files == emit_python(network, options));
  for (auto const& f : files)
    CHECK_THAT(f.content, !ContainsSubstring("@"));
}

TEST_CASE("modules whose names are none in Python keep them") {
  auto const code = file(emit_python(network_of_file("two_cells"), {}), "network.py");
  CHECK_THAT(code, ContainsSubstring("self._modules[\"type\"] = torch.nn.Conv2d(") &&
                       ContainsSubstring("type = self._modules[\"type\"](half0)"));
  CHECK_THAT(code, ContainsSubstring("self._modules[\"0\"] = torch.nn.Conv2d(") &&
                       ContainsSubstring("value_0 = self._modules[\"0\"]("));
}

TEST_CASE("emitted Python is formatted, of every shipped space") {
  auto const folder = fs::temp_directory_path() / "espalier-emitted-python";
  fs::remove_all(folder);
  fs::create_directories(folder);
  auto const write = [&](graph const& network, std::uint64_t seed) {
    for (auto const& f : emit_python(network, {.has_weights = true})) {
      if (!f.name.ends_with(".py"))
        continue;
      std::ofstream{folder / fmt::format("{}_{}_{}", network.name, seed, f.name), std::ios::binary} << f.content;
      std::istringstream lines{f.content};
      for (std::string line; std::getline(lines, line);)
        CHECK(line.size() <= 100);
    }
  };
  write(network_of_file("two_cells"), 0);
  for (auto const& [space, what] : spaces::all())
    for (std::uint64_t seed = 1; seed <= 2; ++seed)
      write(random_network(space, seed), seed);
  if (runs("command -v black"))
    CHECK(runs("black --check --line-length 100 '" + folder.string() + "'"));
  else
    WARN("black is not installed");
  fs::remove_all(folder);
}
