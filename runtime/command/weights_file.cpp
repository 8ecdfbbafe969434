#include "weights_file.hpp"

#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/changed_weights.hpp>
#include <espalier/runtime/random_stream.hpp>
#include <espalier/runtime/selection.hpp>

#include <array>
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

struct supernet_kind {
  network::affine norms;
  network::windows smaller;
};
// That searches train.
constexpr std::array supernet_kinds{supernet_kind{network::affine::no, network::windows::centred},
                                    supernet_kind{network::affine::yes, network::windows::centred},
                                    supernet_kind{network::affine::yes, network::windows::transformed}};

struct nearest_supernet {
  std::shared_ptr<network> net;
  std::vector<std::string> faults; // none where the tensors fit, which it then has
};

nearest_supernet supernet_of(compiler::compiled_space const& space, named_tensors const& given) {
  nearest_supernet nearest;
  for (auto const [norms, smaller] : supernet_kinds) {
    auto net = std::make_shared<network>(space.expanded, space.decisions, norms, nullptr, smaller);
    auto faults = misfits(tensors_of(*net), given);
    if (nearest.net && faults.size() >= nearest.faults.size())
      continue;
    nearest = {std::move(net), std::move(faults)};
    if (nearest.faults.empty()) {
      assign(*nearest.net, given);
      break;
    }
  }
  return nearest;
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

std::shared_ptr<network> load_supernet(compiler::compiled_space const& space, std::filesystem::path const& file) {
  auto const [supernet, faults] = supernet_of(space, read_tensors(file));
  if (!faults.empty())
    throw user_error(fmt::format("{} does not fit the supernet of '{}': {}\ngive the supernet.pt of a search of this "
                                 "space",
                                 file.string(), space.structured.name, listed(faults)));
  return supernet;
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
  auto const [supernet, supernet_faults] = supernet_of(space, given);
  if (!supernet_faults.empty())
    throw user_error(
        fmt::format("{} fits neither\n  this architecture: {}\n  nor the supernet of its space: {}\ngive the "
                    "weights that were made with this space and architecture",
                    weights.string(), listed(faults), listed(supernet_faults)));
  auto path = compiler::specialize(space.expanded, space.decisions, a);
  auto extracted = runtime::extract_path(*supernet, path);
  return {std::move(path), std::move(extracted), supernet};
}

loaded_network deployed(loaded_network const& loaded) {
  compiler::pass_context context;
  auto graph = run_passes(compiler::pipeline(compiler::deployment_passes()), loaded.graph, context);
  auto net = make_network(graph, 0);
  assign(*net, runtime::changed_weights(tensors_of(*loaded.net), context.weights));
  return {std::move(graph), std::move(net), nullptr};
}

} // namespace espalier::command
