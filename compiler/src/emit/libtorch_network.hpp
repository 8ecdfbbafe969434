#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <vector>

namespace espalier::compiler {

/// The header that declares a simplified network's modules, each after those that it holds; the last is called Network.
/// One that is deployed computes no gradients.
std::string libtorch_network(graph const& simplified, std::string const& name_space, bool is_deployed);

} // namespace espalier::compiler
