#pragma once

#include <espalier/dsl.hpp>

/// Single Path One-Shot (Guo et al., ECCV 2020): table 1 with the choice blocks and the channels of section 4.
namespace spaces::spos {

using namespace espalier::dsl;

// clang-format off
/// The branch of ShuffleNetV2: 1x1, depthwise and 1x1 convolution.
template <class Middle>
constexpr auto shuffle(int kernel, Middle middle, int out, int by) {
  return sequence(conv(1, channels(middle)), batch_norm(), relu(), depthwise_conv(kernel, stride(by)), batch_norm(),
                  conv(1, channels(out)), batch_norm(), relu());
}
/// The same with three depthwise convolutions.
template <class Middle>
constexpr auto xception(Middle middle, int out, int by) {
  return sequence(depthwise_conv(3, stride(by)), batch_norm(), conv(1, channels(middle)), batch_norm(), relu(),
                  depthwise_conv(3), batch_norm(), conv(1), batch_norm(), relu(),
                  depthwise_conv(3), batch_norm(), conv(1, channels(out)), batch_norm(), relu());
}

/// Every other channel passes by the branch.
template <std::size_t N>
constexpr auto split(expression<N> const& branch) {
  return concat(channel_part(0, 2), sequence(channel_part(1, 2), branch));
}
/// All channels go through the branch and through a projection.
template <std::size_t N>
constexpr auto reduce(int kernel, expression<N> const& branch) {
  return concat(sequence(depthwise_conv(kernel, stride(2)), batch_norm(), conv(1), batch_norm(), relu()), branch);
}

/// The layers of a stage from `in` to `out` channels: one block of four each, `middle` channels wide inside.
template <class Middle>
constexpr auto choice_blocks(int layers, int in, int out, Middle middle) {
  return sequence(
      choice(block("shuffle_3x3", reduce(3, shuffle(3, middle, out - in, 2))),
             block("shuffle_5x5", reduce(5, shuffle(5, middle, out - in, 2))),
             block("shuffle_7x7", reduce(7, shuffle(7, middle, out - in, 2))),
             block("xception", reduce(3, xception(middle, out - in, 2)))),
      repeat(layers - 1,
             choice(block("shuffle_3x3", split(shuffle(3, middle, out / 2, 1))),
                    block("shuffle_5x5", split(shuffle(5, middle, out / 2, 1))),
                    block("shuffle_7x7", split(shuffle(7, middle, out / 2, 1))),
                    block("xception", split(xception(middle, out / 2, 1))))));
}
/// The same of one kind of block.
template <class Middle>
constexpr auto shuffle_blocks(int layers, int in, int out, Middle middle) {
  return sequence(block("shuffle_3x3", reduce(3, shuffle(3, middle, out - in, 2))),
                  repeat(layers - 1, block("shuffle_3x3", split(shuffle(3, middle, out / 2, 1)))));
}
/// 0.2, 0.4, ... or 2 times as many channels: a decision of every layer.
constexpr auto scaled(int width) {
  return round_down(range(2, 20, step(2)) * width / 10);
}

template <class... Stages>
constexpr auto net(label name, Stages const&... stages) {
  return search_space(name, image(3, 224, 224),
      conv(3, channels(16), stride(2)), batch_norm(), relu(), stages...,
      conv(1, channels(1024)), batch_norm(), relu(), global_avg_pool(), linear(1000, bias(0)));
}

inline constexpr auto blocks = net("spos-blocks",
    choice_blocks(4,  16,  64,  32), choice_blocks(4,  64, 160,  80),
    choice_blocks(8, 160, 320, 160), choice_blocks(4, 320, 640, 320));
inline constexpr auto channels_only = net("spos-channels",
    shuffle_blocks(4,  16,  64, scaled( 32)), shuffle_blocks(4,  64, 160, scaled( 80)),
    shuffle_blocks(8, 160, 320, scaled(160)), shuffle_blocks(4, 320, 640, scaled(320)));
inline constexpr auto blocks_and_channels = net("spos-blocks-and-channels",
    choice_blocks(4,  16,  64, scaled( 32)), choice_blocks(4,  64, 160, scaled( 80)),
    choice_blocks(8, 160, 320, scaled(160)), choice_blocks(4, 320, 640, scaled(320)));
// clang-format on

static_assert(count<blocks>() == 1'099'511'627'776); // 4^20
static_assert(count<channels_only>() == power(10, 20));
static_assert(count<blocks_and_channels>() == power(40, 20));
static_assert(min_macs<blocks>() == 270'359'360 && max_macs<blocks>() == 398'609'216);
static_assert(min_params<blocks>() == 3'154'880 && max_params<blocks>() == 3'871'120);

} // namespace spaces::spos
