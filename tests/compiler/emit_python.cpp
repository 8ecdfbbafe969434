#include <espalier/compiler/error.hpp>
#include <spaces/darts.hpp>

#include "emitted.hpp"

using namespace emitted;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

bool runs(std::string const& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

// Writes a project into a fresh folder, which the caller removes.
fs::path written(graph const& network, std::string const& name) {
  auto const folder = fs::temp_directory_path() / ("espalier-emitted-" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (auto const& f : emit_python(network, {}))
    std::ofstream{folder / f.name, std::ios::binary} << f.content;
  return folder;
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

TEST_CASE("emitted Python is formatted") {
  if (!runs("command -v black")) {
    WARN("black is not installed");
    return;
  }
  auto const check_format = [](graph const& network) {
    auto const folder = written(network, "black");
    CHECK(runs("black --check --line-length 100 '" + folder.string() + "'"));
    for (auto const* name : {"network.py", "main.py"}) {
      std::ifstream lines{folder / name};
      for (std::string line; std::getline(lines, line);)
        CHECK(line.size() <= 100);
    }
    fs::remove_all(folder);
  };
  check_format(network_of_file("two_cells"));
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    check_format(random_network(spaces::darts::cifar10.view(), seed));
}
