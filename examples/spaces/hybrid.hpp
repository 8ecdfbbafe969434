#pragma once

#include <espalier/dsl.hpp>

/// Three families of operations in one space: each of four stages is convolutional, recurrent or a transformer.
namespace spaces::hybrid {

using namespace espalier::dsl;

// clang-format off
/// 1 to 3 inverted bottlenecks, each with its own kernel and expansion.
constexpr auto convolutional(int width) {
  return block("convolutional", repeat(range(1, 3), residual(
      conv(1, channels(one_of(2, 4, 6) * width)), batch_norm(), relu(),
      depthwise_conv(one_of(3, 5, 7)), batch_norm(), relu(), conv(1, channels(width)), batch_norm())));
}
/// The pixels in reading order through an LSTM whose width is decided.
constexpr auto recurrent(int width) {
  return block("recurrent", residual(lstm(range(width / 2, 2 * width, step(width / 2))), linear(width)));
}
/// 1 or 2 layers, each with its own heads and MLP ratio.
constexpr auto transformer(int width) {
  return block("transformer", position_embedding(), repeat(range(1, 2), sequence(
      residual(layer_norm(), attention(one_of(2, 4, 8))),
      residual(layer_norm(), linear(one_of(2, 3, 4) * width), gelu(), linear(width)))));
}
constexpr auto stage(int width) {
  return sequence(conv(3, channels(width), stride(2)), batch_norm(), relu(),
                  choice(convolutional(width), recurrent(width), transformer(width)));
}

inline constexpr auto classifier = search_space("hybrid", image(3, 64, 64),
    stage(32), stage(64), stage(128), stage(256), global_avg_pool(), linear(100));
// clang-format on

// A stage: (3 * 3) + (3 * 3)^2 + (3 * 3)^3 convolutional ones, 4 recurrent ones, (3 * 3) + (3 * 3)^2 transformers.
static_assert(count<classifier>() == power(9 + 81 + 729 + 4 + 9 + 81, 4));
static_assert(min_params<classifier>() == 721'636 && max_params<classifier>() == 4'008'836);
static_assert(fits<classifier>(macs(30'000'000)) && !fits<classifier>(macs(29'000'000)));
static_assert(max_macs<classifier>() == 220'251'136);

} // namespace spaces::hybrid
