#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Partial channel connections (PC-DARTS; Xu et al., ICLR 2020, section 3.1): where a node sums choices, these mix
/// candidates on the first of `parts` equal parts of the channels only, every width of a candidate divided by `parts`.
/// The other channels pass to the node's sum as they are, or through a max pooling where an edge strides (2x2, or
/// padded 3x3 where a side is odd). Both parts, one after another, are shuffled. A node's sum stays a `select` (or
/// `add`) of choices, and the decisions stay the same. Choices that change the channels and those that something else
/// reads, too, stay as they are. For expanded graphs whose decisions are choices and subsets; one without such a sum,
/// or where `parts` does not divide a width, is a `user_error`.
graph partial_channels(graph const& g, int parts);

} // namespace espalier::compiler
