#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Writes a block of one operation without weights as that operation; a candidate of a choice stays what it is called.
/// Blocks that hold weights stay, since the weights are named after them. For expanded graphs and networks.
graph inline_blocks(graph const& g);

} // namespace espalier::compiler
