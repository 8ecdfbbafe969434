#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// The network as it is written down for PyTorch.
graph simplify_for_python(graph const& network);

/// The file that declares a simplified network's modules, each after those that it holds; the last is called Network.
std::string python_network(graph const& simplified);

} // namespace espalier::compiler
