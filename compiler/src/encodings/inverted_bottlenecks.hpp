#pragma once

#include "layers.hpp"

#include <espalier/compiler/encodings/block_list.hpp>

namespace espalier::compiler::encodings {

/// The names `activate` knows: relu, relu6, h_swish, swish.
std::vector<std::string> const& activation_names();
std::string activate(region_builder& to, std::string const& x, std::string const& activation);

/// Squeeze and excitation through so many channels.
std::string squeeze_excite(region_builder& to, std::string const& x, int squeezed);

/// The block without its shortcut; `bias` gives every convolution a bias (FBNet), `groups` those of the last one.
std::string append_bottleneck(region_builder& to, std::string const& x, inverted_bottleneck const& block,
                              bool bias = false, int groups = 1);

} // namespace espalier::compiler::encodings
