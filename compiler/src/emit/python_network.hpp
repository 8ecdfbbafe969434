#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// The file that declares a simplified network's modules, each after those that it holds; the last is called Network.
std::string python_network(graph const& simplified);

} // namespace espalier::compiler
