#pragma once

#include <espalier/dsl.hpp>

/// MnasNet (Tan et al., CVPR 2019, section 4.1): around MobileNetV2, each of five blocks decides the convolution,
/// kernel, squeeze ratio, skip, filters and number of its layers, which are alike.
namespace spaces::mnasnet {

using namespace espalier::dsl;

/// The names of a block's decisions: they are shared by its layers.
template <char Block>
struct names {
  static constexpr char kernel[]{'k', 'e', 'r', 'n', 'e', 'l', '-', Block, 0};
  static constexpr char filters[]{'f', 'i', 'l', 't', 'e', 'r', 's', '-', Block, 0};
  static constexpr char squeeze[]{'s', 'q', 'u', 'e', 'e', 'z', 'e', '-', Block, 0};
  static constexpr char op[]{'o', 'p', '-', Block, 0};
  static constexpr char skip[]{'s', 'k', 'i', 'p', '-', Block, 0};
};

// clang-format off
/// Layers that reduce the map to `size`: 4 convolutions, 2 kernels, 2 squeeze ratios, 3 skips, 3 filters and 3 depths.
template <char Block>
constexpr auto layers(int fewest, int most, int width, int size) {
  auto const k       = one_of(names<Block>::kernel, 3, 5);
  auto const filters = channels(one_of(names<Block>::filters, 3 * width / 4, width, 5 * width / 4));
  auto const by      = stride(input_size / size);
  auto const se      = choice(names<Block>::squeeze, skip_connect(), squeeze_excite(4, channels(input_channels)));
  auto const spatial = sequence(depthwise_conv(k, by), batch_norm(), relu(), se, conv(1, filters), batch_norm());
  auto const expand  = [&](label name, int times) {
    return block(name, conv(1, channels(times * input_channels)), batch_norm(), relu(), spatial);
  };
  return repeat(range(fewest, most), block("layer", sum(
      choice(names<Block>::op, block("conv", conv(k, filters, by), batch_norm(), relu(), se), block("dconv", spatial),
             expand("mbconv3", 3), expand("mbconv6", 6)),
      choice(names<Block>::skip, none(filters, by), block("identity", shortcut(filters, by)),
             block("pool", avg_pool(3), shortcut(filters, by))))));
}

inline constexpr auto factorized = search_space("mnasnet", image(3, 224, 224),
    conv(3, channels(32), stride(2)), batch_norm(), relu(),
    depthwise_conv(3), batch_norm(), relu(), conv(1, channels(16)), batch_norm(),
    layers<'1'>(1, 3, 24, 56), layers<'2'>(2, 4, 32, 28), layers<'3'>(3, 5, 64, 14), layers<'4'>(2, 4, 96, 14),
    layers<'5'>(2, 4, 160, 7),
    block("mbconv6", conv(1, channels(6 * input_channels)), batch_norm(), relu(),
                     depthwise_conv(3), batch_norm(), relu(), conv(1, channels(320)), batch_norm()),
    conv(1, channels(1280)), batch_norm(), relu(), global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<factorized>() == power(432, 5)); // 15,045,919,506,432
// With each of the 15 layers as a block of its own, there would be 432^15.
static_assert(power(count<factorized>(), 3) == power(432, 15));

} // namespace spaces::mnasnet
