#pragma once

#include <espalier/dsl.hpp>

/// AmoebaNet (Real, Aggarwal, Huang, Le, AAAI 2019, section 3.1): NASNet's cells with the eight operations that PNAS
/// left, always added.
namespace spaces::amoebanet {

using namespace espalier::dsl;

inline constexpr auto conv_1x7_7x1 = block("conv_1x7_7x1", relu(), conv(1, kernel_width(7)), batch_norm(), relu(),
                                           conv(7, kernel_width(1)), batch_norm());

// clang-format off
inline constexpr auto operations = choice(skip_connect(), sep_conv(3), sep_conv(5), sep_conv(7),
                                          avg_pool(3),    max_pool(3), dil_conv(3), conv_1x7_7x1);
inline constexpr auto normal = cell("normal", nodes(5), picks(2), loose_ends, operations);
inline constexpr auto reduction = cell("reduction", nodes(5), picks(2), loose_ends, operations, stride(2));

/// The skeleton in which cells evolve: N = 3, 24 channels.
inline constexpr auto search = search_space("amoebanet-search", image(3, 32, 32),
    conv(3, channels(72)), batch_norm(),
    repeat(3, normal(24)), reduction(48), repeat(3, normal(48)), reduction(96), repeat(3, normal(96)),
    relu(), global_avg_pool(), linear(10));
// clang-format on

static_assert(count<search>() == power(556'627'761'561'600, 2));

} // namespace spaces::amoebanet
