#pragma once

#include <espalier/dsl.hpp>

/// BigNAS (Yu et al., ECCV 2020, table 1): widths, depths, kernels and the resolution. The layers of a stage share
/// width and kernel.
namespace spaces::big_nas {

using namespace espalier::dsl;

// clang-format off
template <class Kernel, class Width>
constexpr auto separable(Kernel size, Width width, int by) {
  return sequence(depthwise_conv(size, stride(by)), batch_norm(), swish(), squeeze_excite(4, divisor(8)),
                  conv(1, channels(width)), batch_norm());
}
template <class Kernel, class Width>
constexpr auto mb6(Kernel size, Width width, int by) {
  return block("mb6", conv(1, channels(6 * input_channels)), batch_norm(), swish(), separable(size, width, by));
}
template <class Width, class Depth, class Kernel>
constexpr auto stage(Width width, Depth depth, Kernel size, int by) {
  return sequence(mb6(size, width, by), repeat(depth - 1, residual(mb6(size, width, 1))));
}

inline constexpr auto width1 = one_of("width1", 16, 24);

inline constexpr auto supernet = search_space("big-nas",
    image(3, resolution(one_of("resolution", 192, 224, 288, 320))),
    conv(3, channels(range("width0", 32, 40, step(8))), stride(2)), batch_norm(), swish(),
    block("mb1", separable(3, width1, 1)), repeat(range(1, 2) - 1, residual(block("mb1", separable(3, width1, 1)))),
    //    width                                 depth        kernel                  stride
    stage(range("width2",  24,  32, step(8)),   range(2, 3), 3,                       2),
    stage(range("width3",  40,  48, step(8)),   range(2, 3), one_of("kernel3", 3, 5), 2),
    stage(range("width4",  80,  88, step(8)),   range(2, 4), one_of("kernel4", 3, 5), 2),
    stage(range("width5", 112, 128, step(8)),   range(2, 6), one_of("kernel5", 3, 5), 1),
    stage(range("width6", 192, 216, step(8)),   range(2, 6), one_of("kernel6", 3, 5), 2),
    stage(range("width7", 320, 352, step(8)),   range(1, 2), one_of("kernel7", 3, 5), 1),
    conv(1, channels(range("width8", 1280, 1408, step(8)))), batch_norm(), swish(), global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<supernet>() == 5'013'504'000);
static_assert(min_macs<supernet>() < 242'000'000 && max_macs<supernet>() > 1'040'000'000); // of BigNASModel-S and -XL

} // namespace spaces::big_nas
