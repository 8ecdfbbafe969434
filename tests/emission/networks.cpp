#include <torch/torch.h>
#undef CHECK

#include "catch.hpp"
#include "typed_network.hpp"

#include <emitted/images/network.hpp>
#include <emitted/images_deployed/network.hpp>
#include <emitted/language/network.hpp>
#include <emitted/language_deployed/network.hpp>
#include <emitted/segmentation/network.hpp>
#include <emitted/segmentation_deployed/network.hpp>
#include <emitted/transformer/network.hpp>
#include <emitted/transformer_deployed/network.hpp>

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/dsl/operation_table.hpp>
#include <espalier/runtime/changed_weights.hpp>
#include <espalier/runtime/network.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace espalier;

namespace {

std::string text_of(std::filesystem::path const& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

compiler::graph network_of(std::string const& name) {
  return test::typed_network(text_of(std::filesystem::path{ESPALIER_TEST_NETWORKS} / (name + ".ir")));
}

using named_tensors = torch::OrderedDict<std::string, at::Tensor>;

named_tensors tensors_of(torch::nn::Module const& module) {
  auto tensors = module.named_parameters();
  tensors.update(module.named_buffers());
  return tensors;
}

// Numbers that are not the initial ones, so that every tensor matters.
void fill(torch::nn::Module& module) {
  torch::NoGradGuard const no_gradient;
  for (auto& parameter : module.named_parameters())
    parameter.value().add_(torch::randn_like(parameter.value()), 0.1);
  for (auto& buffer : module.named_buffers())
    if (buffer.value().dim() > 0)
      buffer.value().uniform_(0.5, 1.5);
}

void copy(torch::nn::Module const& from, torch::nn::Module& to) {
  torch::NoGradGuard const no_gradient;
  auto const given = tensors_of(from);
  auto const wanted = tensors_of(to);
  CHECK(given.size() == wanted.size());
  for (auto const& item : wanted) {
    auto const* const source = given.find(item.key());
    INFO(item.key());
    REQUIRE(source != nullptr);
    REQUIRE(source->sizes() == item.value().sizes());
    item.value().copy_(*source);
  }
}

// The emitted network has the same tensors, and computes the same of them.
template <class Emitted>
void check_emitted(std::string const& name) {
  INFO(name);
  torch::manual_seed(5);
  auto const graph = network_of(name);
  runtime::network net{graph, compiler::decision_space{graph}, runtime::network::affine::yes};
  fill(net);
  Emitted emitted;
  copy(net, *emitted);
  auto const x = runtime::random_batch(graph.input(), 3);
  for (bool const training : {false, true}) {
    net.train(training);
    emitted->train(training);
    at::Tensor const expected = net.forward(x);
    at::Tensor const got = emitted->forward(x);
    REQUIRE(got.sizes() == expected.sizes());
    CHECK(expected.abs().max().item<double>() > 1e-3);
    CHECK((got - expected).abs().max().item<double>() <= 1e-6);
    if (training) { // an operation may lack a derivative
      got.sum().backward();
      for (auto const& item : emitted->named_parameters())
        CHECK((item.value().grad().defined() || item.key().starts_with("embedding")));
    }
  }
}

// The deployed network has the tensors that the passes make, and computes the same of them, whether of one example or
// of several.
template <class Deployed>
void check_deployed(std::string const& name) {
  INFO(name);
  torch::manual_seed(7);
  auto const graph = network_of(name);
  runtime::network net{graph, compiler::decision_space{graph}, runtime::network::affine::yes};
  fill(net);
  net.eval();
  compiler::pass_context context;
  run_passes(compiler::pipeline(compiler::deployment_passes()), graph, context);
  runtime::named_tensors given;
  for (auto const& item : tensors_of(net))
    given.emplace(item.key(), item.value());
  given = runtime::changed_weights(given, context.weights);
  Deployed deployed;
  deployed->eval();
  torch::NoGradGuard const no_gradient;
  for (auto const& item : tensors_of(*deployed)) {
    INFO(item.key());
    REQUIRE(given.contains(item.key()));
    REQUIRE(given.at(item.key()).sizes() == item.value().sizes());
    item.value().copy_(given.at(item.key()));
  }
  for (int const examples : {1, 3}) {
    auto const x = runtime::random_batch(graph.input(), examples);
    auto const before = x.clone();
    auto const expected = net.forward(x);
    at::Tensor const got = deployed->forward(x);
    REQUIRE(got.sizes() == expected.sizes());
    CHECK(torch::equal(x, before));
    CHECK((got - expected).abs().max().item<double>() <= 1e-5 * expected.abs().max().item<double>());
  }
}

void collect(compiler::region const& in, std::set<std::string_view>& names) {
  for (auto const& op : in.operations) {
    names.insert(op.declaration->name);
    for (auto const& held : op.regions)
      collect(held, names);
  }
}

} // namespace

TEST_CASE("emitted networks compute what the runtime computes") {
  check_emitted<images::Network>("images");
  check_emitted<segmentation::Network>("segmentation");
  check_emitted<language::Network>("language");
  check_emitted<transformer::Network>("transformer");
}

TEST_CASE("deployed networks compute what the runtime computes in evaluation mode") {
  check_deployed<images_deployed::Network>("images");
  check_deployed<segmentation_deployed::Network>("segmentation");
  check_deployed<language_deployed::Network>("language");
  check_deployed<transformer_deployed::Network>("transformer");
}

TEST_CASE("the program of a network that is no classifier checks it") {
  torch::manual_seed(6);
  auto const graph = network_of("language");
  auto const net =
      std::make_shared<runtime::network>(graph, compiler::decision_space{graph}, runtime::network::affine::yes);
  fill(*net);
  net->eval();
  auto const folder = std::filesystem::temp_directory_path() / "espalier-emitted-program";
  std::filesystem::create_directories(folder);
  auto const run = [&](std::string const& arguments) {
    return std::system(("cd '" + folder.string() + "' && '" ESPALIER_EMITTED_PROGRAM "' " + arguments).c_str());
  };
  torch::save(net, folder / "weights.pt");
  auto const x = runtime::random_batch(graph.input(), 2);
  auto const save = [&](at::Tensor const& output) {
    torch::serialize::OutputArchive archive;
    archive.write("input", x);
    archive.write("output", output);
    archive.save_to(folder / "parity.pt");
  };
  save(net->forward(x));
  CHECK(run("check") == 0);
  CHECK(run("time 2") == 0);
  save(net->forward(x) + 1e-5);
  CHECK(run("check") == 1 << 8);
  CHECK(run("nonsense 2> usage") == 2 << 8);
  std::filesystem::remove_all(folder);
}

TEST_CASE("the networks hold every leaf and every join") {
  std::set<std::string_view> held;
  for (auto const* name : {"images", "segmentation", "language", "transformer"})
    collect(network_of(name).body, held);
  std::set<std::string_view> missing;
  for (auto const* declaration : dsl::operation_table) {
    bool const is_compute = declaration->is_leaf() || compiler::is_join(declaration->form) ||
                            declaration->form == compiler::structure::recurrence;
    if (is_compute && !held.contains(declaration->name))
      missing.insert(declaration->name);
  }
  CHECK(missing == std::set<std::string_view>{"pick", "require", "select"}); // of spaces, not of networks
}
