// Writes network.hpp of each network given as text: emit_networks FOLDER FILE...

#include "typed_network.hpp"

#include <espalier/compiler/emit.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

int main(int count, char** values) {
  namespace fs = std::filesystem;
  try {
    fs::path const folder{values[1]};
    fs::create_directories(folder);
    for (int i = 2; i < count; ++i) {
      fs::path const path{values[i]};
      std::ifstream file{path};
      auto const network = espalier::test::typed_network(std::string{std::istreambuf_iterator<char>{file}, {}});
      std::ofstream{folder / path.stem().concat(".hpp")} << espalier::compiler::emit_libtorch(network, {})[0].content;
    }
    return 0;
  } catch (std::exception const& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
