#pragma once

#include <espalier/dsl.hpp>

/// The CNN space of DARTS (Liu, Simonyan, Yang, ICLR 2019, section 3.1 and appendix A).
namespace spaces::darts {

using namespace espalier::dsl;

inline constexpr auto edge = choice(none(), block("max_pool_3x3", max_pool(3), search_batch_norm()),
                                    block("avg_pool_3x3", avg_pool(3), search_batch_norm()), skip_connect(),
                                    sep_conv(3), sep_conv(5), dil_conv(3), dil_conv(5));
inline constexpr auto normal = cell("normal", nodes(4), keep(2), edge);
inline constexpr auto reduction = cell("reduction", nodes(4), keep(2), edge, stride(2));

// clang-format off
/// The skeleton that is searched: 8 cells, 16 channels.
inline constexpr auto search = search_space("darts-search", image(3, 32, 32),
    conv(3, channels(48)), batch_norm(),
    repeat(2, normal(16)), reduction(32), repeat(2, normal(32)), reduction(64), repeat(2, normal(64)),
    global_avg_pool(), linear(10));

/// The skeleton that is trained on CIFAR-10: 20 cells, 36 channels.
inline constexpr auto cifar10 = search_space("darts-cifar10", image(3, 32, 32),
    conv(3, channels(108)), batch_norm(),
    repeat(6, normal(36)), reduction(72), repeat(6, normal(72)), reduction(144), repeat(6, normal(144)),
    global_avg_pool(), linear(10));

/// The skeleton that is trained on ImageNet: 14 cells, 48 channels.
inline constexpr auto imagenet = search_space("darts-imagenet", image(3, 224, 224),
    stem("stem0", conv(3, channels(24), stride(2)), batch_norm(), relu(),
                  conv(3, channels(48), stride(2)), batch_norm()),
    stem("stem1", relu(), conv(3, channels(48), stride(2)), batch_norm()),
    repeat(4, normal(48)), reduction(96), repeat(4, normal(96)), reduction(192), repeat(4, normal(192)),
    global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<search>() == 1'076'746'950'455'072'400);
static_assert(count<cifar10>() == 1'076'746'950'455'072'400);
static_assert(count<imagenet>() == 1'076'746'950'455'072'400);

// The released code with max pooling on every edge, and with the 3x3 separable convolution, of which the 5x5 one has
// 2 x 16 weights more a channel.
static_assert(min_params<cifar10>() == 1'370'134 && min_macs<cifar10>() == 227'272'320);
static_assert(max_params<cifar10>() == 4'701'718 + 8 * 32 * (6 * 36 + 7 * 72 + 7 * 144));
static_assert(min_params<imagenet>() == 2'427'232 && min_macs<imagenet>() == 265'396'224);
static_assert(max_params<imagenet>() == 6'548'320 + 8 * 32 * (4 * 48 + 5 * 96 + 5 * 192));

} // namespace spaces::darts
