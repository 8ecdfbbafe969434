#pragma once

#include "attentive_nas.hpp"

/// The stages of AttentiveNAS (Wang et al., CVPR 2021), few and narrow enough to train a supernet of them on one core,
/// for 28x28 images in ten classes.
namespace spaces::mobile_fashion {

using namespace espalier::dsl;
using attentive_nas::act, attentive_nas::mb1, attentive_nas::se, attentive_nas::stage;

// clang-format off
inline constexpr auto width1  = one_of("width1", 16, 24);
inline constexpr auto kernel1 = one_of("kernel1", 3, 5);

inline constexpr auto supernet = search_space("mobile-fashion", image(1, resolution(20, 28, step(4))),
    conv(3, channels(one_of("width0", 16, 24)), stride(2)), batch_norm(), swish(),
    mb1(kernel1, width1), repeat(range(1, 2) - 1, mb1(kernel1, width1)),
    //    width                     depth        kernel                  expansion                   stride
    stage(one_of("width2", 24, 32), range(1, 3), one_of("kernel2", 3, 5), one_of("expand2", 2, 3, 4), 2, act),
    stage(one_of("width3", 40, 48), range(1, 3), one_of("kernel3", 3, 5), one_of("expand3", 2, 3, 4), 1, se),
    stage(one_of("width4", 64, 80), range(1, 2), one_of("kernel4", 3, 5), one_of("expand4", 2, 3, 4), 2, se),
    conv(1, channels(one_of("width5", 192, 256))), batch_norm(), swish(), global_avg_pool(), linear(10));
// clang-format on

static_assert(count<supernet>() == 2'985'984);
static_assert(min_macs<supernet>() == 526'688 && max_macs<supernet>() == 7'615'360);

} // namespace spaces::mobile_fashion
