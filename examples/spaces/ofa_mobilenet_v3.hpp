#pragma once

#include <espalier/dsl.hpp>

/// Once-for-All (Cai et al., ICLR 2020, section 3.2) around MobileNetV3: every layer decides kernel and expansion,
/// every stage its depth, and the resolution is decided.
namespace spaces::ofa_mobilenet_v3 {

using namespace espalier::dsl;

// clang-format off
/// Inverted bottleneck; `gate` follows the depthwise convolution.
template <std::size_t Activation, std::size_t Gate>
constexpr auto mb(int width, int by, expression<Activation> const& activation, expression<Gate> const& gate) {
  return block("mb", conv(1, channels(round_to(8, one_of(3, 4, 6) * input_channels))), batch_norm(), activation,
               depthwise_conv(one_of(3, 5, 7), stride(by)), batch_norm(), gate, conv(1, channels(width)), batch_norm());
}
template <std::size_t Activation, std::size_t Gate>
constexpr auto stage(int width, int by, expression<Activation> const& activation, expression<Gate> const& gate) {
  return sequence(mb(width, by, activation, gate), repeat(range(2, 4) - 1, residual(mb(width, 1, activation, gate))));
}
/// Squeeze and excitation behind an activation.
template <std::size_t N>
constexpr auto se(expression<N> const& activation) {
  return sequence(activation, squeeze_excite(4, divisor(8)));
}

template <class Input>
constexpr auto net(label name, Input input) {
  return search_space(name, input,
      conv(3, channels(16), stride(2)), batch_norm(), hard_swish(),
      residual(depthwise_conv(3), batch_norm(), relu(), conv(1), batch_norm()),
      stage( 24, 2, relu(),       relu()),
      stage( 40, 2, relu(),       se(relu())),
      stage( 80, 2, hard_swish(), hard_swish()),
      stage(112, 1, hard_swish(), se(hard_swish())),
      stage(160, 2, hard_swish(), se(hard_swish())),
      conv(1, channels(960)), batch_norm(), hard_swish(), global_avg_pool(),
      linear(1280, bias(0)), hard_swish(), linear(1000));
}

inline constexpr auto supernet = net("ofa-mobilenet-v3", image(3, resolution(128, 224, step(4))));
/// The same at the resolution it is trained with.
inline constexpr auto at_224 = net("ofa-mobilenet-v3-224", image(3, 224, 224));
// clang-format on

static_assert(count<at_224>() == power(9 * 9 + 9 * 9 * 9 + 9 * 9 * 9 * 9, 5)); // 21,758,655,492,572,485,851
static_assert(count<supernet>() == count<at_224>() * 25);                      // 543,966,387,314,312,146,275
// The released supernet has 7,678,880: in each of 20 layers also the matrices that turn kernels 7 to 5 and 5 to 3.
static_assert(max_params<supernet>() == 7'678'880 - 20 * (25 * 25 + 9 * 9));

} // namespace spaces::ofa_mobilenet_v3
