#pragma once

#include <espalier/dsl.hpp>

/// NAS-Unet (Weng, Zhou, Li, Qiu, IEEE Access 2019, section III): a U-Net of cells that halve the map and
/// of cells that double it; what the way down reads at a level is an input of the cell on the way up.
namespace spaces::nas_unet {

using namespace espalier::dsl;

// clang-format off
template <std::size_t... N>
constexpr auto normalized(label name, expression<N> const&... convolution) {
  return block(name, convolution..., group_norm(3), relu());
}
/// Channel weights, and a convolution that changes the map.
template <std::size_t N>
constexpr auto weighted(label name, expression<N> const& convolution) {
  return block(name, squeeze_excite(16), convolution, group_norm(3));
}

inline constexpr auto down = choice(
    avg_pool(2, padded(0)), max_pool(2, padded(0)), weighted("down_cweight", conv(3)),
    normalized("down_dil_conv", conv(3, dilation(2))), normalized("down_dep_conv", depthwise_conv(3), conv(1)),
    normalized("down_conv", conv(3)));
inline constexpr auto up = choice(
    weighted("up_cweight", transposed_conv(3)),
    normalized("up_dep_conv", transposed_conv(3, groups(depthwise)), conv(1)),
    normalized("up_conv", transposed_conv(3)), normalized("up_dil_conv", transposed_conv(3, dilation(2))));
inline constexpr auto same = choice(
    skip_connect(), none(), squeeze_excite(16), normalized("dil_conv", conv(3, dilation(2))),
    normalized("dep_conv", depthwise_conv(3), conv(1)),
    normalized("shuffle_conv", conv(3), channel_shuffle(3)), normalized("conv", conv(3)));

inline constexpr auto down_cell = cell("down", nodes(3), keep(2), stride(2), down, same)(48);
inline constexpr auto up_cell = cell("up", nodes(3), keep(2), enlarging, same, up, same)(48);

inline constexpr auto lowest = bridge(down_cell, up_cell);
template <std::size_t N>
constexpr auto level(expression<N> const& below) {
  return bridge(sequence(down_cell, below), up_cell);
}
/// Medical images of one channel and one class: four levels of 48 channels.
inline constexpr auto promise12 = search_space("nas-unet-promise12", image(1, 256, 256),
    stem("stem0", conv(1, channels(192)), group_norm(12)),
    bridge(sequence(second_stem("stem1", conv(3, channels(192), stride(2)), group_norm(12)),
                    level(level(level(lowest)))), up_cell),
    conv(1, channels(1)));
// clang-format on

// Nodes keep two of two, three and four edges. On the way down all have six operations (36 * 108 * 216), on the way up
// six, but four from below (24 * 84 * 180).
static_assert(count<promise12>() == 839'808ULL * 362'880);

// Nothing but pooling and identities, but for one depthwise convolution from below in each cell on the way up. The
// published NAS_UNET_V2 has 887,385 parameters (and 2 that its code never uses) and 3,315,593,568 multiply-adds.
static_assert(min_params<promise12>() == 140'496 + 5 * 2'832);
static_assert(max_params<promise12>() > 887'385 && min_macs<promise12>() < 3'315'593'568);

} // namespace spaces::nas_unet
