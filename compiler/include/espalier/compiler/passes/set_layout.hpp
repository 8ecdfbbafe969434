#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Puts images into the layout in which convolutions are fastest on CPUs, where they begin: a `channels_last` behind an
/// input that is an image, and behind each `as_image`. All operations on images keep the layout of their operand. For
/// networks.
graph set_layout(graph const& g);

} // namespace espalier::compiler
