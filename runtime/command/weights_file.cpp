#include "weights_file.hpp"

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/changed_weights.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <sstream>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::command {

using runtime::network;

namespace {

constexpr std::size_t most_faults = 3;

std::vector<std::string> misfits(named_tensors const& wanted, named_tensors const& given) {
  std::vector<std::string> faults;
  for (auto const& [name, tensor] : wanted) {
    auto const found = given.find(name);
    if (found == given.end())
      faults.push_back(fmt::format("{} is missing", name));
    else if (found->second.sizes() != tensor.sizes())
      faults.push_back(fmt::format("{} is [{}], [{}] is needed", name, fmt::join(found->second.sizes(), ", "),
                                   fmt::join(tensor.sizes(), ", ")));
  }
  for (auto const& [name, tensor] : given)
    if (!wanted.contains(name))
      faults.push_back(fmt::format("{} belongs to nothing", name));
  return faults;
}

void assign(network& net, named_tensors const& given) {
  torch::NoGradGuard const no_gradient;
  for (auto& [name, tensor] : tensors_of(net))
    tensor.copy_(given.at(name));
}

std::string listed(std::vector<std::string> const& faults) {
  auto text = fmt::format("{} tensors are wrong, such as", faults.size());
  for (std::size_t i = 0; i < std::min(faults.size(), most_faults); ++i)
    text += "\n    " + faults[i];
  return text;
}

} // namespace

named_tensors tensors_of(network const& net) {
  named_tensors tensors;
  for (auto const& entry : net.named_parameters())
    tensors.emplace(entry.key(), entry.value());
  for (auto const& entry : net.named_buffers())
    tensors.emplace(entry.key(), entry.value());
  return tensors;
}

compiler::graph stand_alone_graph(compiler::compiled_space const& space, compiler::architecture const& a) {
  return compiler::without_search_operations(compiler::specialize(space.expanded, space.decisions, a));
}

std::shared_ptr<network> make_network(compiler::graph const& stand_alone, std::uint64_t seed) {
  torch::manual_seed(runtime::derive_seed(seed, "weights"));
  return std::make_shared<network>(stand_alone, compiler::decision_space{stand_alone}, network::affine::yes);
}

void save_weights(network const& net, std::filesystem::path const& path) {
  torch::serialize::OutputArchive archive;
  net.save(archive);
  std::ostringstream bytes;
  archive.save_to(bytes);
  runtime::write_atomically(path, bytes.str());
}

loaded_network load_network(compiler::compiled_space const& space, compiler::architecture const& a,
                            std::filesystem::path const& weights) {
  auto const given = read_tensors(weights);
  auto graph = stand_alone_graph(space, a);
  auto net = make_network(graph, 0);
  auto const faults = misfits(tensors_of(*net), given);
  if (faults.empty()) {
    assign(*net, given);
    return {std::move(graph), std::move(net), nullptr};
  }
  auto supernet = std::make_shared<network>(space.expanded, space.decisions, network::affine::no);
  auto const supernet_faults = misfits(tensors_of(*supernet), given);
  if (!supernet_faults.empty())
    throw user_error(
        fmt::format("{} fits neither\n  this architecture: {}\n  nor the supernet of its space: {}\ngive the "
                    "weights that were made with this space and architecture",
                    weights.string(), listed(faults), listed(supernet_faults)));
  assign(*supernet, given);
  auto path = compiler::specialize(space.expanded, space.decisions, a);
  auto path_net = make_network(path, 0);
  runtime::copy_weights(*supernet, *path_net);
  return {std::move(path), std::move(path_net), std::move(supernet)};
}

loaded_network deployed(loaded_network const& loaded) {
  compiler::pass_context context;
  auto graph = run_passes(compiler::pipeline(compiler::deployment_passes()), loaded.graph, context);
  auto net = make_network(graph, 0);
  assign(*net, runtime::changed_weights(tensors_of(*loaded.net), context.weights));
  return {std::move(graph), std::move(net), nullptr};
}

} // namespace espalier::command
