#pragma once

#include <espalier/dsl.hpp>

/// NASNet (Zoph, Vasudevan, Shlens, Le, CVPR 2018, section 3): each of a cell's five blocks picks two earlier states,
/// an operation for each, and whether they are added or concatenated; what no block reads is the cell's output.
namespace spaces::nasnet {

using namespace espalier::dsl;

constexpr auto relu_conv(int kernel) {
  return block(label("conv").sized(kernel), relu(), conv(kernel), batch_norm());
}
constexpr auto factorized(label name, int kernel) {
  return block(name, relu(), conv(1, kernel_width(kernel)), batch_norm(), relu(), conv(kernel, kernel_width(1)),
               batch_norm());
}

// clang-format off
inline constexpr auto operations = choice(
    skip_connect(),    factorized("conv_1x3_3x1", 3), factorized("conv_1x7_7x1", 7), dil_conv(3),
    avg_pool(3),       max_pool(3),                   max_pool(5),                   max_pool(7),
    relu_conv(1),      relu_conv(3),                  sep_conv(3),                   sep_conv(5),
    sep_conv(7));
inline constexpr auto normal = cell("normal", nodes(5), picks(2), add_or_concat, loose_ends, operations);
inline constexpr auto reduction =
    cell("reduction", nodes(5), picks(2), add_or_concat, loose_ends, operations, stride(2));

/// The skeleton that is trained on CIFAR-10 (figure 2): N = 6, 32 channels.
inline constexpr auto cifar10 = search_space("nasnet-cifar10", image(3, 32, 32),
    conv(3, channels(96)), batch_norm(),
    repeat(6, normal(32)), reduction(64), repeat(6, normal(64)), reduction(128), repeat(6, normal(128)),
    relu(), global_avg_pool(), linear(10));
// clang-format on

static_assert(count<cifar10>() == power(2'286'906'949'584'691'200, 2));

} // namespace spaces::nasnet
