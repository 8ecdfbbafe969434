#include "libtorch_templates.hpp"

namespace espalier::compiler {

std::string_view const libtorch_failures_template =
    R"cpp(// The user's mistake: exit code 2.
struct bad_input : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool condition, const std::string &message) {
  if (!condition)
    throw bad_input(message);
}
)cpp";

std::string_view const libtorch_check_template =
    R"cpp(// Compares with the outputs that the network had where it was found.
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
  torch::NoGradGuard no_gradients;
  network->eval();
  auto output = network->forward(input);
  require(output.sizes() == expected.sizes(), path + ": outputs of another shape");
@if trainable@
  constexpr double limit = 1e-6;
  auto difference = (output - expected).abs().max().item<double>();
@end@
@if deployed@
  constexpr double limit = 1e-5; // of the largest output: sums are rounded differently once normalizations are folded
  auto difference = ((output - expected).abs().max() / expected.abs().max()).item<double>();
@end@
  std::cout << "largest difference " << difference << " over " << output.numel() << " values (limit " << limit << ")"
            << std::endl;
  return difference <= limit;
}
)cpp";

std::string_view const libtorch_main_template =
    R"cpp(int main(int count, char **values) {
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
