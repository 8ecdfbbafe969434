#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/passes.hpp>

#include "emitted.hpp"
#include "typed_network.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace emitted;

namespace {

std::vector<emitted_file> deployed(graph const& network, weights_format weights = weights_format::archive) {
  pass_context context;
  return emit_libtorch(run_passes(pipeline(deployment_passes()), network, context),
                       {.has_weights = true, .is_deployed = true, .weights = weights});
}

graph family(std::string const& name) {
  return espalier::test::typed_network(
      read(std::filesystem::path{ESPALIER_SOURCE_DIR} / "tests/emission/networks" / (name + ".ir")));
}

std::string deployed_text(std::string const& body) {
  return file(deployed(espalier::test::typed_network("espalier 1\nnetwork \"n\" (%input: image[4, 8, 8]) {\n" + body +
                                                     "\nyield %last\n}\n")),
              "network.hpp");
}

} // namespace

TEST_CASE("a deployed network is the golden one, byte by byte and again") {
  auto const files = deployed(network_of_file("two_cells"));
  CHECK(files == deployed(network_of_file("two_cells")));
  check_golden("deployed_network.hpp", file(files, "network.hpp"));
  check_golden("deployed_README.md", file(files, "README.md"));
}

TEST_CASE("a deployed network has no normalization that can be folded, and computes no gradients") {
  auto const header = file(deployed(network_of_file("two_cells")), "network.hpp");
  CHECK_THAT(header, !ContainsSubstring("BatchNorm") && ContainsSubstring("c10::InferenceMode no_gradients;"));
  CHECK_THAT(header, !ContainsSubstring("torch::nn::Linear(") && !ContainsSubstring("FactorizedReduce"));
}

TEST_CASE("an activation writes over what was made for it alone") {
  auto const made = deployed_text("%a = conv %input {kernel = 3}\n%last = relu %a");
  CHECK_THAT(made, ContainsSubstring("torch::relu_(x)"));
  auto const of_argument = deployed_text("%last = relu %input");
  CHECK_THAT(of_argument, ContainsSubstring("torch::relu(x)"));
  auto const read_twice = deployed_text("%a = conv %input {kernel = 3}\n%b = relu %a\n%last = add %a, %b");
  CHECK_THAT(read_twice, ContainsSubstring("torch::relu(a)"));
  auto const view = deployed_text("%a = conv %input {kernel = 3}\n%b = chunk %a {parts = 2}\n%c = tanh %b\n"
                                  "%d = chunk %a {part = 1, parts = 2}\n%last = concat %c, %d");
  CHECK_THAT(view, ContainsSubstring("torch::tanh(b)"));
}

TEST_CASE("the program of a deployed classifier checks and times it") {
  auto const files = deployed(network_of_file("two_cells"), weights_format::safetensors);
  CHECK_THAT(file(files, "main.cpp"),
             ContainsSubstring("network time") && ContainsSubstring("limit = 1e-5") && !ContainsSubstring("train"));
  CHECK_THAT(file(files, "README.md"), ContainsSubstring("made to be deployed") && !ContainsSubstring("To train it"));
  for (auto const& f : files)
    CHECK_THAT(f.content, !ContainsSubstring("@"));
}

TEST_CASE("deployed code is formatted") {
  if (std::system("command -v clang-format > /dev/null") != 0) {
    WARN("clang-format is not installed");
    return;
  }
  auto const folder = std::filesystem::temp_directory_path() / "espalier-deployed-format";
  for (std::string const name : {"images", "segmentation", "language", "transformer"}) {
    std::filesystem::create_directories(folder);
    for (auto const& f : deployed(family(name)))
      std::ofstream{folder / f.name, std::ios::binary} << f.content;
    CHECK(std::system(
              ("cd '" + folder.string() + "' && clang-format --dry-run -Werror network.hpp main.cpp").c_str()) == 0);
    std::filesystem::remove_all(folder);
  }
}
