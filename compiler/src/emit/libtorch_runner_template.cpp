#include "libtorch_templates.hpp"

namespace espalier::compiler {

std::string_view const libtorch_runner_template =
    R"cpp(// Checks and times the network of network.hpp.

#include "network.hpp"
@if safetensors@
#include "safetensors.hpp"
@end@

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using @namespace@::Network;
@if safetensors@
using @namespace@::read_safetensors;
@end@

@failures@

torch::Tensor random_input(int64_t size) {
  return @random_input@;
}

@check@

// The least time of a forward pass, over ten.
void measure(Network &network, int64_t batch) {
  torch::NoGradGuard no_gradients;
  network->eval();
  auto input = random_input(batch);
  auto least = std::chrono::duration<double>::max();
  for (int i = 0; i < 10; ++i) {
    auto start = std::chrono::steady_clock::now();
    network->forward(input);
    least = std::min<std::chrono::duration<double>>(least, std::chrono::steady_clock::now() - start);
  }
  std::cout << "batch " << batch << ": " << 1000 * least.count() << " ms" << std::endl;
}

constexpr auto usage = R"(usage: network check [PARITY] [WEIGHTS]
       network time [BATCH]

check  compares with the recorded outputs in PARITY (parity.@format@), with the weights in WEIGHTS (weights.@format@)
time   measures a forward pass of BATCH random examples (1)
)";

int run(int count, char **values) {
  auto command = count > 1 ? std::string(values[1]) : "";
  require(command == "check" || command == "time", usage);
  Network network;
  if (command == "time") {
    auto batch = count > 2 ? std::atoll(values[2]) : 1;
    require(batch > 0, usage);
    measure(network, batch);
    return 0;
  }
  auto weights = count > 3 ? std::string(values[3]) : "weights.@format@";
  require(std::filesystem::exists(weights), weights + ": not found");
@if safetensors@
  assign(*network, read_safetensors(weights));
@end@
@if archive@
  torch::load(network, weights);
@end@
  return check(network, count > 2 ? values[2] : "parity.@format@") ? 0 : 1;
}

} // namespace

@main@
)cpp";

} // namespace espalier::compiler
