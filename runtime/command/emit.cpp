#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "weights_file.hpp"

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <filesystem>
#include <optional>
#include <sstream>

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
void save_parity(loaded_network const& loaded, compiler::architecture const& a, fs::path const& path) {
  torch::NoGradGuard const no_gradient;
  auto const examples = runtime::random_batch(loaded.graph.input(), parity_examples, runtime::make_generator(1));
  auto& source = loaded.supernet ? *loaded.supernet : *loaded.net;
  source.eval();
  auto const output = loaded.supernet ? source.forward(examples, a) : source.forward(examples);
  torch::serialize::OutputArchive archive;
  archive.write("input", examples);
  archive.write("output", output);
  std::ostringstream bytes;
  archive.save_to(bytes);
  runtime::write_atomically(path, bytes.str());
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

} // namespace

void emit(emit_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  compiler::emission_options options;
  options.architecture_json = architecture_text(space, a);
  options.crop_padding = arguments.crop_padding;
  options.flip = arguments.flip;
  fs::path const folder{arguments.output};
  if (!arguments.force)
    require_free(folder, options.architecture_json);
  if (!arguments.data.empty()) {
    auto const norm = runtime::normalization_of(load_fitting_data(arguments.data, space).train);
    options.mean = numbers_of(norm.mean);
    options.deviation = numbers_of(norm.std);
  }
  std::optional<loaded_network> loaded;
  if (!arguments.weights.empty())
    loaded = load_network(space, a, arguments.weights);
  options.has_weights = loaded.has_value();
  auto const files = compiler::emit_libtorch(loaded ? loaded->graph : stand_alone_graph(space, a), options);

  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw user_error(fmt::format("cannot create folder {}: {}; give another", folder.string(), failed.message()));
  write_if_changed(folder / "architecture.json", options.architecture_json);
  for (auto const& file : files)
    write_if_changed(folder / file.name, file.content);
  if (loaded) {
    save_weights(*loaded->net, folder / "weights.pt");
    save_parity(*loaded, a, folder / "parity.pt");
  }
  fmt::print("{}: {} files of source{}\nbuild it with\n  cmake -S {} -B {}/build && cmake --build {}/build\n",
             folder.string(), files.size(), loaded ? ", weights.pt and parity.pt" : "", folder.string(),
             folder.string(), folder.string());
}

} // namespace espalier::command
