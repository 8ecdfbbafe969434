#pragma once

#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// Orders the channels inside of blocks by importance, so that narrow paths, which use the first ones, have the best
/// (Cai et al., ICLR 2020, section 3.3): between a convolution whose width is decided and the next one over all
/// channels, by the sum of the sizes of the weights with which that reads them. What the widest paths compute stays.
void sort_inner_channels(compiler::graph const& expanded, network& supernet);

} // namespace espalier::runtime
