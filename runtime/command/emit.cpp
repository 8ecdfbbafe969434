#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "weights_file.hpp"

#include <espalier/compiler/draw.hpp>
#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/onnx/emit.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/random_stream.hpp>
#include <espalier/runtime/selection.hpp>
#include <espalier/runtime/training.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t parity_examples = 4;

std::vector<float> numbers_of(at::Tensor const& tensor) {
  auto const numbers = tensor.to(torch::kFloat32).contiguous();
  return {numbers.data_ptr<float>(), numbers.data_ptr<float>() + numbers.numel()};
}

// A random batch and what the network that the weights come from makes of it.
named_tensors recorded_parity(loaded_network const& loaded, compiler::architecture const& a) {
  torch::NoGradGuard const no_gradient;
  auto const batch = runtime::random_batch(loaded.graph.input(), parity_examples, runtime::make_generator(1));
  auto& source = loaded.supernet ? *loaded.supernet : *loaded.net;
  source.eval();
  return {{"input", batch}, {"output", loaded.supernet ? source.forward(batch, a) : source.forward(batch)}};
}

void write_if_changed(fs::path const& path, std::string const& content) {
  if (!fs::exists(path) || runtime::read_file(path) != content)
    runtime::write_atomically(path, content);
}

void require_free(fs::path const& folder, std::string const& architecture) {
  if (!fs::exists(folder))
    return;
  if (!fs::is_directory(folder))
    throw user_error(fmt::format("{} is a file; give a folder", folder.string()));
  if (fs::is_empty(folder))
    return;
  auto const earlier = folder / "architecture.json";
  if (fs::exists(earlier) && runtime::read_file(earlier) == architecture)
    return;
  throw user_error(fmt::format("{} holds {}: give an empty folder, or --force to write among its files",
                               folder.string(), fs::exists(earlier) ? "another network" : "other files"));
}

// What is emitted, and how.
struct emission {
  emit_arguments const& arguments;
  compiler::compiled_space const& space;
  compiler::architecture const& architecture;
  compiler::emission_options options;
  std::optional<loaded_network> loaded;   // where there are weights
  std::optional<loaded_network> deployed; // in its place

  [[nodiscard]] compiler::graph graph() const {
    return loaded ? written().graph : stand_alone_graph(space, architecture);
  }
  [[nodiscard]] loaded_network const& written() const { return deployed ? *deployed : *loaded; }
};

void write_weights(emission const& e, fs::path const& folder) {
  auto const parity = recorded_parity(*e.loaded, e.architecture);
  if (e.options.weights == compiler::weights_format::archive) {
    save_weights(*e.written().net, folder / "weights.pt");
    return write_archive(parity, folder / "parity.pt");
  }
  write_safetensors(tensors_of(*e.written().net), folder / "weights.safetensors");
  write_safetensors(parity, folder / "parity.safetensors");
}

void write_project(emission const& e, std::vector<compiler::emitted_file> const& files, std::string const& next) {
  fs::path const folder{e.arguments.output};
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw user_error(fmt::format("cannot create folder {}: {}; give another", folder.string(), failed.message()));
  write_if_changed(folder / "architecture.json", e.options.architecture_json);
  for (auto const& file : files)
    write_if_changed(folder / file.name, file.content);
  if (e.loaded)
    write_weights(e, folder);
  fmt::print("{}: {} files of source{}\n{}\n", folder.string(), files.size(), e.loaded ? ", weights and parity" : "",
             next);
}

void emit_cpp(emission& e) {
  auto const& folder = e.arguments.output;
  write_project(e, compiler::emit_libtorch(e.graph(), e.options),
                fmt::format("build it with\n  cmake -S {0} -B {0}/build && cmake --build {0}/build", folder));
}

void emit_python(emission& e) {
  if (e.arguments.weights_format == "archive")
    throw user_error("--weights-format archive: a Python project reads safetensors, which hold no code; leave it out");
  e.options.weights = compiler::weights_format::safetensors;
  write_project(e, compiler::emit_python(e.graph(), e.options),
                fmt::format("try it with\n  (cd {} && python3 main.py)", e.arguments.output));
}

void emit_onnx(emission& e) {
  if (!e.loaded)
    throw user_error("--to onnx: a model has its weights inside; give --weights FILE");
  runtime::write_atomically(e.arguments.output,
                            onnx::emit_model(e.loaded->graph, stored_tensors(tensors_of(*e.loaded->net))));
  fmt::print("{}\n", e.arguments.output);
}

void emit_dot(emission& e) {
  compiler::render(compiler::draw(e.graph()), e.arguments.output);
  fmt::print("{}\n", e.arguments.output);
}

// One row a target.
struct target {
  std::string_view name;
  bool is_project;
  void (*emit)(emission&);
};
constexpr auto targets = std::to_array<target>({
    {"cpp", true, emit_cpp},
    {"python", true, emit_python},
    {"onnx", false, emit_onnx},
    {"dot", false, emit_dot},
});

target const& target_called(std::string const& name) {
  auto const* const found = std::ranges::find(targets, name, &target::name);
  if (found == targets.end())
    throw user_error(
        fmt::format("--to {}: there is no such target{}", name, compiler::suggest(name, emission_targets())));
  return *found;
}

// Gives a path statistics of its own, in place of those that it has in common with the supernet's other paths.
void recalibrate(emission& e, runtime::dataset const& training) {
  if (!e.loaded->supernet)
    throw user_error(
        fmt::format("{} holds the weights of one network, whose statistics are its own: give a supernet's, "
                    "or use `espalier emit`",
                    e.arguments.weights));
  prepare_torch(e.arguments.threads);
  runtime::recalibrate(*e.loaded->net, runtime::calibration_images(training));
  e.loaded->supernet.reset(); // its path computes something else
}

void require_deployable(emit_arguments const& arguments) {
  if (arguments.target != "cpp")
    throw user_error(
        fmt::format("--deploy --to {}: only cpp has a form to deploy; leave one of the two out", arguments.target));
  if (arguments.weights.empty())
    throw user_error("--deploy: batch normalizations are folded into weights; give them by --weights FILE");
}

compiler::weights_format format_called(std::string const& name) {
  if (name.empty() || name == "archive")
    return compiler::weights_format::archive;
  if (name == "safetensors")
    return compiler::weights_format::safetensors;
  throw user_error(fmt::format("--weights-format {}: give archive or safetensors", name));
}

} // namespace

std::vector<std::string> emission_targets() {
  std::vector<std::string> names;
  for (auto const& t : targets)
    names.emplace_back(t.name);
  return names;
}

void emit(emit_arguments const& arguments) {
  auto const& target = target_called(arguments.target);
  if (arguments.deploy)
    require_deployable(arguments);
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  emission e{arguments, space, a, {}, {}, {}};
  e.options.is_deployed = arguments.deploy;
  e.options.weights = format_called(arguments.weights_format);
  e.options.architecture_json = architecture_text(space, a);
  e.options.crop_padding = arguments.crop_padding;
  e.options.flip = arguments.flip;
  if (!arguments.force && target.is_project)
    require_free(arguments.output, e.options.architecture_json);
  if (!arguments.weights.empty())
    e.loaded = load_network(space, a, arguments.weights);
  if (!arguments.data.empty()) {
    auto const training = load_fitting_data(arguments.data, space).train;
    auto const norm = runtime::normalization_of(training);
    e.options.mean = numbers_of(norm.mean);
    e.options.deviation = numbers_of(norm.std);
    if (arguments.recalibrate)
      recalibrate(e, training);
  }
  if (arguments.deploy)
    e.deployed = deployed(*e.loaded);
  e.options.has_weights = e.loaded.has_value();
  target.emit(e);
}

} // namespace espalier::command
