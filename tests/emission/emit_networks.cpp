// Writes the emitted project of each network given as text: emit_networks FOLDER FILE...

#include "typed_network.hpp"

#include <espalier/compiler/emit.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

int main(int count, char** values) {
  namespace fs = std::filesystem;
  try {
    for (int i = 2; i < count; ++i) {
      fs::path const path{values[i]};
      std::ifstream text{path};
      auto const network = espalier::test::typed_network(std::string{std::istreambuf_iterator<char>{text}, {}});
      auto const folder = fs::path{values[1]} / path.stem();
      fs::create_directories(folder);
      for (auto const& file : espalier::compiler::emit_libtorch(network, {}))
        std::ofstream{folder / file.name} << file.content;
    }
    return 0;
  } catch (std::exception const& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
