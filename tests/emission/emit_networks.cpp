// Writes the emitted project of each network given as text, and of each as it is deployed: emit_networks FOLDER FILE...

#include "typed_network.hpp"

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/passes.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace fs = std::filesystem;
using namespace espalier;

namespace {

void write(compiler::graph const& network, bool is_deployed, fs::path const& folder) {
  fs::create_directories(folder);
  for (auto const& file : emit_libtorch(network, {.is_deployed = is_deployed}))
    std::ofstream{folder / file.name} << file.content;
}

} // namespace

int main(int count, char** values) {
  try {
    for (int i = 2; i < count; ++i) {
      fs::path const path{values[i]};
      std::ifstream text{path};
      auto const network = test::typed_network(std::string{std::istreambuf_iterator<char>{text}, {}});
      auto const folder = fs::path{values[1]} / path.stem();
      write(network, false, folder);
      compiler::pass_context context;
      auto deployed = run_passes(compiler::pipeline(compiler::deployment_passes()), network, context);
      deployed.name += "_deployed";
      write(deployed, true, folder.string() + "_deployed");
    }
    return 0;
  } catch (std::exception const& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
