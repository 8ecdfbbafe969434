#pragma once

#include <espalier/dsl.hpp>

/// The CNN space of the first neural architecture search (Zoph & Le, ICLR 2017, sections 3.3 and 4.1): every layer
/// decides height, width and number of its filters, and by anchors which of all earlier layers it reads, concatenated.
namespace spaces::nas_rl {

using namespace espalier::dsl;

// clang-format off
inline constexpr auto layer = block("layer",
    conv(one_of(1, 3, 5, 7), kernel_width(one_of(1, 3, 5, 7)), channels(one_of(24, 36, 48, 64))), batch_norm(), relu());

/// 15 layers, as in version 1 of table 1.
inline constexpr auto cifar10 = search_space("nas-rl-cifar10", image(3, 32, 32),
    skip_chain("layers", nodes(15), concatenating, layer),
    global_avg_pool(), linear(10));
// clang-format on

static_assert(count<cifar10>() == power(4 * 4 * 4, 15) * power(2, 15 * 14 / 2));

} // namespace spaces::nas_rl
