#pragma once

#include "darts.hpp"

/// The cells of DARTS as PC-DARTS searches them (Xu et al., ICLR 2020, section 4.2 and 4.3): partial channels and edge
/// normalization belong to the strategy, not to the space.
namespace spaces::pc_darts {

using namespace espalier::dsl;
using darts::normal, darts::reduction;

/// The skeleton that is searched on CIFAR-10: 8 cells, 16 channels.
inline constexpr auto const& search = darts::search;

// clang-format off
/// The skeleton that is searched on ImageNet: the same 8 cells, behind three convolutions of stride 2.
inline constexpr auto imagenet_search = search_space("pc-darts-imagenet-search", image(3, 224, 224),
    stem("stem0", conv(3, channels(8), stride(2)), batch_norm(), relu(),
                  conv(3, channels(16), stride(2)), batch_norm()),
    stem("stem1", relu(), conv(3, channels(16), stride(2)), batch_norm()),
    repeat(2, normal(16)), reduction(32), repeat(2, normal(32)), reduction(64), repeat(2, normal(64)),
    global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<imagenet_search>() == 1'076'746'950'455'072'400);

} // namespace spaces::pc_darts
