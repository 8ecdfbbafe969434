#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weight_change.hpp>

namespace espalier::compiler {

/// Makes one wider operation and `chunk`s of its result out of 1x1 convolutions, or linear layers, that read one value
/// and agree in their numbers and channels: those of a region, and those that blocks of it begin with. `weights` is
/// told how the wider weights are made. Convolutions in groups and numbers that are decisions stay. For expanded
/// graphs, outside the candidates of choices, and networks.
graph fuse_siblings(graph const& g, weight_change& weights);

} // namespace espalier::compiler
