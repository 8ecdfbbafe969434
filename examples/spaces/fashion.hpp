#pragma once

#include <espalier/dsl.hpp>

/// Two spaces for 28x28 images in ten classes, small enough to search on two cores.
namespace spaces::fashion {

using namespace espalier::dsl;

/// Cells in the manner of DARTS (Liu, Simonyan, Yang, ICLR 2019): three cells of three nodes each.
inline constexpr auto edge =
    choice(none(), max_pool(3), avg_pool(3), skip_connect(), sep_conv(3), sep_conv(5), dil_conv(3), dil_conv(5));
inline constexpr auto normal = cell("normal", nodes(3), keep(2), edge);
inline constexpr auto reduction = cell("reduction", nodes(3), keep(2), edge, stride(2));

// clang-format off
inline constexpr auto cells = search_space("fashion-cells", image(1, 28, 28),
    conv(3, channels(16), stride(2)), batch_norm(),
    normal(8), reduction(16), normal(16),
    global_avg_pool(), linear(10));
// clang-format on

static_assert(count<cells>() == 4'484'577'053'124);

/// A chain of choice blocks in the manner of SPOS (Guo et al., ECCV 2020): eight layers, each on its own one of four
/// blocks or left out.
constexpr auto layer(int kernel) {
  return block(label("conv").sized(kernel), conv(kernel), batch_norm(), relu());
}
inline constexpr auto layers = choice(skip_connect(), layer(3), layer(5), sep_conv(3), sep_conv(5));

// clang-format off
inline constexpr auto blocks = search_space("fashion-blocks", image(1, 28, 28),
    conv(3, channels(16), stride(2)), batch_norm(), repeat(4, layers),
    conv(3, channels(32), stride(2)), batch_norm(), repeat(4, layers),
    global_avg_pool(), linear(10));
// clang-format on

static_assert(count<blocks>() == 390'625);

} // namespace spaces::fashion
