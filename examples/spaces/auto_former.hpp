#pragma once

#include <espalier/dsl.hpp>

/// AutoFormer-tiny (Chen et al., ICCV 2021, table 1): the width and the depth of a vision transformer, and for each
/// layer its heads of 64 features and its MLP ratio.
namespace spaces::auto_former {

using namespace espalier::dsl;

// clang-format off
inline constexpr auto width = range("width", 192, 240, step(24));
inline constexpr auto ratio = one_of(7, 8); // halves: an MLP 3.5 or 4 times as wide

inline constexpr auto layer = sequence(
    residual(layer_norm(), attention(range(3, 4), head_width(64))),
    residual(layer_norm(), linear(ratio * width / 2), gelu(), linear(width)));

inline constexpr auto tiny = search_space("auto-former-tiny", image(3, 224, 224),
    patch_embedding(16, width), position_embedding(), repeat(range(12, 14), layer),
    layer_norm(), global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<tiny>() == (power(4, 12) + power(4, 13) + power(4, 14)) * 3); // widths x (heads x ratios)^depth

} // namespace spaces::auto_former
