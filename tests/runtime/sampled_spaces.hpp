#pragma once

#include "spaces.hpp"

#include <espalier/runtime/batches.hpp>

#include <torch/torch.h>

/// Spaces of decided sizes, and images for them.
namespace espalier::test {

namespace small {

using namespace dsl;

// clang-format off
template <class Width>
constexpr auto mb(Width width, int by) {
  return block("mb", conv(1, channels(one_of(2, 3, 4) * input_channels)), batch_norm(), relu(),
               depthwise_conv(one_of(3, 5, 7), stride(by)), batch_norm(), relu(), squeeze_excite(4, divisor(8)),
               conv(1, channels(width)), batch_norm());
}
/// Widths, kernels, expansions and depths, as in Once-for-All.
inline constexpr auto mobile = search_space("small-mobile", image(1, 8, 8),
    conv(3, channels(one_of("stem", 8, 16))), batch_norm(), relu(),
    mb(16, 2), repeat(range(1, 3), residual(mb(16, 1))),
    global_avg_pool(), linear(3));

/// Candidates that decide the same inside.
inline constexpr auto chosen = search_space("small-chosen", image(1, 8, 8),
    conv(3, channels(16)), batch_norm(), relu(), choice(mb(16, 1), block("kept", residual(mb(16, 1)))),
    global_avg_pool(), linear(3));

/// Windows whose sides are decided apart.
inline constexpr auto oblong = search_space("oblong", image(1, 8, 8),
    conv(one_of("height", 1, 3, 5), kernel_width(one_of("width", 1, 3, 5)), channels(4)), batch_norm(), relu(),
    global_avg_pool(), linear(3));

/// The stem decides which channels of a concatenation there are: they do not lie side by side in what reads them.
inline constexpr auto gathered = search_space("gathered", image(1, 8, 8),
    concat(conv(3, channels(one_of("left", 4, 8))), conv(1, channels(one_of("right", 4, 8)))),
    batch_norm(), relu(), conv(3, channels(6)), batch_norm(), relu(), global_avg_pool(), linear(3));
// clang-format on

} // namespace small

/// Of three classes.
inline runtime::batch some_batch(std::int64_t size = 4) {
  torch::manual_seed(5);
  return {torch::randn({size, 1, 8, 8}), torch::randint(3, {size})};
}

} // namespace espalier::test
