// Writes NAME_plain.hpp and NAME_deployed.hpp of each network that is measured: emit FOLDER.

#include "../networks.hpp"

#include <filesystem>
#include <fstream>

int main(int, char** values) {
  std::filesystem::path const folder{values[1]};
  std::filesystem::create_directories(folder);
  auto const write = [&](benchmark::graph network, std::string const& name, bool is_deployed) {
    network.name = name;
    std::ofstream{folder / (name + ".hpp")} << emit_libtorch(network, {.is_deployed = is_deployed}).front().content;
  };
  for (auto const& [name, network] : {std::pair<std::string, benchmark::graph>{"darts", benchmark::darts()},
                                      {"fashion", benchmark::fashion()},
                                      {"ofa", benchmark::ofa()},
                                      {"spos", benchmark::spos()}}) {
    write(network, name + "_plain", false);
    espalier::compiler::pass_context context;
    write(benchmark::deployed(network, context), name + "_deployed", true);
  }
}
