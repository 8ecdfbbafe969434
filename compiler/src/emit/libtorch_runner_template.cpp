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

// The user's mistake: exit code 2.
struct bad_input : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool condition, const std::string &message) {
  if (!condition)
    throw bad_input(message);
}

torch::Tensor random_input(int64_t size) {
  return @random_input@;
}

// Compares with the outputs that the network had where it was found.
bool check(Network &network, const std::string &path) {
  torch::Tensor input, expected;
  require(std::filesystem::exists(path), path + ": not found");
@if safetensors@
  auto recorded = read_safetensors(path);
  input = recorded.at("input");
  expected = recorded.at("output");
@end@
@if archive@
  torch::serialize::InputArchive archive;
  archive.load_from(path);
  archive.read("input", input);
  archive.read("output", expected);
@end@
  auto output = network->forward(input);
  require(output.sizes() == expected.sizes(), path + ": outputs of another shape");
  constexpr double limit = 1e-6;
  auto difference = (output - expected).abs().max().item<double>();
  std::cout << "largest difference " << difference << " over " << output.numel() << " values (limit " << limit << ")"
            << std::endl;
  return difference <= limit;
}

// The least time of a forward pass, over ten.
void measure(Network &network, int64_t batch) {
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
  torch::NoGradGuard no_gradients;
  auto command = count > 1 ? std::string(values[1]) : "";
  require(command == "check" || command == "time", usage);
  Network network;
  network->eval();
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

int main(int count, char **values) {
  try {
    if (std::getenv("OMP_NUM_THREADS") == nullptr)
      torch::set_num_threads(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
    return run(count, values);
  } catch (const bad_input &error) {
    std::cerr << error.what() << std::endl;
    return 2;
  } catch (const c10::Error &error) { // a file that is damaged or does not fit
    std::cerr << error.what_without_backtrace() << std::endl;
    return 2;
@if safetensors@
  } catch (const std::runtime_error &error) { // a safetensors file that is damaged or does not fit
    std::cerr << error.what() << std::endl;
    return 2;
@end@
  }
}
)cpp";

} // namespace espalier::compiler
