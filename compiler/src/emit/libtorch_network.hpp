#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <vector>

namespace espalier::compiler {

/// The network as it is written down for LibTorch.
graph simplify_for_libtorch(graph const& network);

/// The header that declares a simplified network's modules, each after those that it holds; the last is called Network.
std::string libtorch_network(graph const& simplified, std::string const& name_space);

/// A type as comments write it: [N, 16, 14, 14].
std::string shape_text(tensor_type const& type);

} // namespace espalier::compiler
