#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/network.hpp>

#include "tensor_file.hpp"

#include <filesystem>

namespace espalier::command {

/// The network that `train` trains and `emit` emits: one architecture, without what exists only while searching.
compiler::graph stand_alone_graph(compiler::compiled_space const& space, compiler::architecture const& a);

/// Its module, with weights drawn by the seed.
std::shared_ptr<runtime::network> make_network(compiler::graph const& stand_alone, std::uint64_t seed);

/// The parameters and statistics of a network, which share its storage.
named_tensors tensors_of(runtime::network const& net);

/// Writes parameters and statistics so that `torch::load` reads them, atomically.
void save_weights(runtime::network const& net, std::filesystem::path const& path);

/// The supernet of a space, of the kind that a search trained, with weights from `supernet.pt` or the same tensors as
/// safetensors. A damaged file, or one that fits no supernet of the space, is a `user_error`.
std::shared_ptr<runtime::network> load_supernet(compiler::compiled_space const& space,
                                                std::filesystem::path const& file);

/// The network of one architecture with weights from a file.
struct loaded_network {
  compiler::graph graph;
  std::shared_ptr<runtime::network> net;
  std::shared_ptr<runtime::network>
      supernet; ///< Where the weights are a path's of it; then `graph` has all of the path's operations.
};

/// Reads `weights.pt` of `train` or `supernet.pt` of `search`, or the same tensors as safetensors. A damaged file, or
/// one that fits neither network, is a `user_error`.
loaded_network load_network(compiler::compiled_space const& space, compiler::architecture const& a,
                            std::filesystem::path const& weights);

/// The same network as it is deployed, with its weights: what is folded into others is gone.
loaded_network deployed(loaded_network const& loaded);

} // namespace espalier::command
