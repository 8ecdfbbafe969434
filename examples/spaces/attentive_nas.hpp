#pragma once

#include <espalier/dsl.hpp>

/// AttentiveNAS (Wang et al., CVPR 2021, table 1): widths, depths, kernels, expansions and the resolution. The layers
/// of a stage share width, kernel and expansion.
namespace spaces::attentive_nas {

using namespace espalier::dsl;

// clang-format off
/// Depthwise and pointwise convolution; `gate` follows the depthwise one.
template <class Kernel, class Width, std::size_t N>
constexpr auto separable(Kernel size, Width width, int by, expression<N> const& gate) {
  return sequence(depthwise_conv(size, stride(by)), batch_norm(), gate, conv(1, channels(width)), batch_norm());
}
template <class Kernel, class Width>
constexpr auto mb1(Kernel size, Width width) {
  return block("mb1", sum(shortcut(channels(width)), separable(size, width, 1, swish())));
}
template <class Expand, class Kernel, class Width, std::size_t N>
constexpr auto mb(Expand expand, Kernel size, Width width, int by, expression<N> const& gate) {
  return block("mb", sum(shortcut(channels(width), stride(by)), sequence(
      conv(1, channels(round_to(8, expand * input_channels))), batch_norm(), swish(),
      separable(size, width, by, gate))));
}

template <class Width, class Depth, class Kernel, class Expand, std::size_t N>
constexpr auto stage(Width width, Depth depth, Kernel size, Expand expand, int by, expression<N> const& gate) {
  return sequence(mb(expand, size, width, by, gate), repeat(depth - 1, mb(expand, size, width, 1, gate)));
}

inline constexpr auto act = swish();
inline constexpr auto se  = sequence(swish(), squeeze_excite(4, divisor(8)));
inline constexpr auto width1  = one_of("width1", 16, 24);
inline constexpr auto kernel1 = one_of("kernel1", 3, 5);
inline constexpr auto width7  = one_of("width7", 216, 224);

inline constexpr auto supernet = search_space("attentive-nas",
    image(3, resolution(one_of("resolution", 192, 224, 256, 288))),
    conv(3, channels(one_of("width0", 16, 24)), stride(2)), batch_norm(), swish(),
    mb1(kernel1, width1), repeat(range(1, 2) - 1, mb1(kernel1, width1)),
    //    width                               depth        kernel                  expansion                   stride
    stage(one_of("width2", 24, 32),           range(3, 5), one_of("kernel2", 3, 5), one_of("expand2", 4, 5, 6), 2, act),
    stage(one_of("width3", 32, 40),           range(3, 6), one_of("kernel3", 3, 5), one_of("expand3", 4, 5, 6), 2, se),
    stage(one_of("width4", 64, 72),           range(3, 6), one_of("kernel4", 3, 5), one_of("expand4", 4, 5, 6), 2, act),
    stage(one_of("width5", 112, 120, 128),    range(3, 8), one_of("kernel5", 3, 5), one_of("expand5", 4, 5, 6), 1, se),
    stage(range("width6", 192, 216, step(8)), range(3, 8), one_of("kernel6", 3, 5), 6,                          2, se),
    stage(width7,                             range(1, 2), one_of("kernel7", 3, 5), 6,                          1, se),
    conv(1, channels(6 * width7)), batch_norm(), swish(), global_avg_pool(),
    linear(one_of("width8", 1792, 1984), bias(0)), swish(), linear(1000));
// clang-format on

static_assert(count<supernet>() == 440'301'256'704);
static_assert(min_macs<supernet>() == 203'389'568 && max_macs<supernet>() == 1'939'335'808);
// The released code counts 9,064,648 and 23,934,704: it holds a 1x1 convolution in every shortcut, used or not.
static_assert(min_params<supernet>() ==
              9'064'648 - (16 * 16 + 2 * (24 * 24 + 32 * 32 + 64 * 64 + 112 * 112 + 192 * 192)));
static_assert(max_params<supernet>() == 23'934'704 - (2 * 24 * 24 + 4 * 32 * 32 + 5 * (40 * 40 + 72 * 72) +
                                                      7 * (128 * 128 + 216 * 216) + 224 * 224));

} // namespace spaces::attentive_nas
