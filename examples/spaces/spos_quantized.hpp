#pragma once

#include <espalier/dsl.hpp>

/// The mixed precision of Single Path One-Shot (Guo et al., ECCV 2020, section 4.3): ResNet-18, whose residual blocks
/// each decide the bits of their weights and of their activations.
namespace spaces::spos_quantized {

using namespace espalier::dsl;

// clang-format off
/// Six pairs of bits: (1, 2), (2, 2), (1, 4), (2, 4), (3, 4), (4, 4).
template <std::size_t N>
constexpr auto basic_block(label weights, label activations, int width, int by, expression<N> const& around) {
  auto const w = one_of(weights, 1, 2, 3, 4);
  auto const a = one_of(activations, 2, 4);
  return block("basic_block", where(w <= a), sum(around, sequence(
      quantized_conv(3, channels(width), stride(by), weight_bits(w), activation_bits(a)), batch_norm(), relu(),
      quantized_conv(3, weight_bits(w), activation_bits(a)), batch_norm())), relu());
}
constexpr auto projection(int width) {
  return sequence(conv(1, channels(width), stride(2)), batch_norm());
}

inline constexpr auto resnet18 = search_space("spos-quantized", image(3, 224, 224),
    conv(7, channels(64), stride(2)), batch_norm(), relu(), max_pool(3, stride(2)),
    basic_block("weights1", "activations1",  64, 1, skip_connect()),
    basic_block("weights2", "activations2",  64, 1, skip_connect()),
    basic_block("weights3", "activations3", 128, 2, projection(128)),
    basic_block("weights4", "activations4", 128, 1, skip_connect()),
    basic_block("weights5", "activations5", 256, 2, projection(256)),
    basic_block("weights6", "activations6", 256, 1, skip_connect()),
    basic_block("weights7", "activations7", 512, 2, projection(512)),
    basic_block("weights8", "activations8", 512, 1, skip_connect()),
    global_avg_pool(), linear(1000));
// clang-format on

static_assert(count<resnet18>() == 1'679'616); // 6^8
static_assert(min_params<resnet18>() == 11'689'512 && max_params<resnet18>() == 11'689'512);
static_assert(min_macs<resnet18>() == 1'814'073'344 && max_macs<resnet18>() == 1'814'073'344);

} // namespace spaces::spos_quantized
