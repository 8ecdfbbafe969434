#pragma once

#include <espalier/dsl.hpp>

/// FBNet (Wu et al., CVPR 2019, tables 1 and 2): 22 layers, each one of nine blocks.
namespace spaces::fbnet {

using namespace espalier::dsl;

// clang-format off
/// 1x1, depthwise and 1x1 convolution, all with bias as in the released code.
constexpr auto e(label name, int kernel, int expand, int width, int by) {
  return block(name, conv(1, channels(expand * input_channels), bias(1)), batch_norm(), relu(),
               depthwise_conv(kernel, stride(by), bias(1)), batch_norm(), relu(),
               conv(1, channels(width), bias(1)), batch_norm());
}
/// Without expansion there is no first convolution; the last one may be in groups.
constexpr auto e1(label name, int kernel, int count, int width, int by) {
  return block(name, depthwise_conv(kernel, stride(by), bias(1)), batch_norm(), relu(),
               conv(1, channels(width), groups(count), bias(1)), batch_norm());
}

template <std::size_t N>
constexpr auto blocks(int width, int by, expression<N> const& skip) {
  return choice(e1("k3_e1", 3, 1, width, by), e1("k3_e1_g2", 3, 2, width, by),
                e("k3_e3", 3, 3, width, by), e("k3_e6", 3, 6, width, by),
                e1("k5_e1", 5, 1, width, by), e1("k5_e1_g2", 5, 2, width, by),
                e("k5_e3", 5, 3, width, by), e("k5_e6", 5, 6, width, by), skip);
}
/// Where the shape changes, to skip is a 1x1 convolution.
constexpr auto first_layer(int width, int by) {
  return blocks(width, by, block("skip", conv(1, channels(width), stride(by), bias(1)), batch_norm(), relu()));
}
constexpr auto layer(int width) {
  return residual(blocks(width, 1, none()));
}
constexpr auto stage(int layers, int width, int by) {
  return sequence(first_layer(width, by), repeat(layers - 1, layer(width)));
}

inline constexpr auto imagenet = search_space("fbnet", image(3, 224, 224),
    conv(3, channels(16), stride(2), bias(1)), batch_norm(), relu(),
    layer(16), stage(4, 24, 2), stage(4, 32, 2), stage(4, 64, 2), stage(4, 112, 1), stage(4, 184, 2),
    first_layer(352, 1),
    conv(1, channels(1984), bias(1)), batch_norm(), relu(), global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<imagenet>() == power(9, 22)); // 984,770,902,183,611,232,881

} // namespace spaces::fbnet
