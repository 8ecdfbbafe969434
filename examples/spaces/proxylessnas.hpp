#pragma once

#include <espalier/dsl.hpp>

/// ProxylessNAS (Cai, Zhu, Han, ICLR 2019, section 4.2) for ImageNet, in the widths of its mobile network.
namespace spaces::proxylessnas {

using namespace espalier::dsl;

// clang-format off
/// MBConv of MobileNetV2.
constexpr auto mb(label name, int kernel, int expand, int width, int by) {
  return block(name.sized(kernel), conv(1, channels(expand * input_channels)), batch_norm(), relu6(),
               depthwise_conv(kernel, stride(by)), batch_norm(), relu6(), conv(1, channels(width)), batch_norm());
}
constexpr auto first_layer(int width, int by) {
  return choice(mb("mb3", 3, 3, width, by), mb("mb3", 5, 3, width, by), mb("mb3", 7, 3, width, by),
                mb("mb6", 3, 6, width, by), mb("mb6", 5, 6, width, by), mb("mb6", 7, 6, width, by));
}
/// Further layers may be zero, so that only the shortcut is left.
constexpr auto layer(int width) {
  return residual(choice(mb("mb3", 3, 3, width, 1), mb("mb3", 5, 3, width, 1), mb("mb3", 7, 3, width, 1),
                         mb("mb6", 3, 6, width, 1), mb("mb6", 5, 6, width, 1), mb("mb6", 7, 6, width, 1), none()));
}
constexpr auto stage(int layers, int width, int by) {
  return sequence(first_layer(width, by), repeat(layers - 1, layer(width)));
}

inline constexpr auto imagenet = search_space("proxylessnas", image(3, 224, 224),
    conv(3, channels(32), stride(2)), batch_norm(), relu6(),
    depthwise_conv(3), batch_norm(), relu6(), conv(1, channels(16)), batch_norm(),
    stage(4, 32, 2), stage(4, 40, 2), stage(4, 80, 2), stage(4, 96, 1), stage(4, 192, 2), first_layer(320, 1),
    conv(1, channels(1280)), batch_norm(), relu6(), global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<imagenet>() == 221'502'229'807'900'608); // 6^6 * 7^15

} // namespace spaces::proxylessnas
