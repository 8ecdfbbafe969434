#pragma once

#include <espalier/dsl.hpp>

/// The two CNN spaces of ENAS (Pham, Guan, Zoph, Le, Dean, ICML 2018, sections 2.3 and 2.4).
namespace spaces::enas {

using namespace espalier::dsl;

constexpr auto conv_branch(int kernel) {
  return block(label("conv").sized(kernel), conv(1), batch_norm(), relu(), conv(kernel), batch_norm(), relu());
}
constexpr auto separable_branch(int kernel) {
  return block(label("sep_conv").sized(kernel), conv(1), batch_norm(), relu(), depthwise_conv(kernel), conv(1),
               batch_norm(), relu());
}
inline constexpr auto avg_branch = block("avg_pool_3x3", conv(1), batch_norm(), relu(), avg_pool(3));
inline constexpr auto max_branch = block("max_pool_3x3", conv(1), batch_norm(), relu(), max_pool(3));

// clang-format off
/// Whole networks: 12 layers, each of which decides its operation and which earlier layers it adds.
inline constexpr auto macro = search_space("enas-macro", image(3, 32, 32),
    conv(3, channels(36)), batch_norm(),
    skip_chain("layers", nodes(12), reduce_every(4),
        choice(conv_branch(3), separable_branch(3), conv_branch(5), separable_branch(5), avg_branch, max_branch)),
    global_avg_pool(), linear(10));

/// Cells: five nodes, each of which decides two inputs and an operation for each.
inline constexpr auto edge = choice(sep_conv(3), sep_conv(5), avg_pool(3), max_pool(3), skip_connect());
inline constexpr auto normal = cell("normal", nodes(5), picks(2), loose_ends, edge);
inline constexpr auto reduction = cell("reduction", nodes(5), picks(2), loose_ends, edge, stride(2));

/// The skeleton in which cells are searched: 6 + 2 cells, 20 channels.
inline constexpr auto micro = search_space("enas-micro", image(3, 32, 32),
    conv(3, channels(60)), batch_norm(),
    repeat(2, normal(20)), reduction(40), repeat(2, normal(40)), reduction(80), repeat(2, normal(80)),
    relu(), global_avg_pool(), linear(10));
// clang-format on

static_assert(count<macro>() == power(6, 12) * power(2, 66)); // 1.6 x 10^29
static_assert(count<micro>() == power(5'062'500'000'000, 2));

} // namespace spaces::enas
