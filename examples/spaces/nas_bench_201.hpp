#pragma once

#include <espalier/dsl.hpp>

/// NAS-Bench-201 (Dong & Yang, ICLR 2020, section 2.1): one of five operations on each of the six edges of a cell.
namespace spaces::nas_bench_201 {

using namespace espalier::dsl;

constexpr auto relu_conv(label name, int kernel, int width, int step = 1) {
  return block(name, relu(), conv(kernel, channels(width), stride(step)), batch_norm());
}
constexpr auto reduction(int width) {
  return sum(shortcut(channels(width), stride(2)),
             sequence(relu_conv("conv_a", 3, width, 2), relu_conv("conv_b", 3, width)));
}

// clang-format off
inline constexpr auto edge = choice(none(), skip_connect(), relu_conv("nor_conv_1x1", 1, inherited),
                                    relu_conv("nor_conv_3x3", 3, inherited), avg_pool(3));
inline constexpr auto cells = repeat(5, cell("cell", nodes(3), keep_all, inputs(1), last_node, edge)());

constexpr auto network(label name, int side, int classes) {
  return search_space(name, image(3, side, side),
      conv(3, channels(16)), batch_norm(),
      cells, reduction(32), cells, reduction(64), cells,
      batch_norm(), relu(), global_avg_pool(), linear(classes));
}
// clang-format on
inline constexpr auto cifar10 = network("nas-bench-201-cifar10", 32, 10);
inline constexpr auto cifar100 = network("nas-bench-201-cifar100", 32, 100);
inline constexpr auto imagenet16 = network("nas-bench-201-imagenet16-120", 16, 120);

static_assert(count<cifar10>() == 15'625);
static_assert(count<imagenet16>() == 15'625);

// The benchmark's own figures for cells of nothing but none, and of nothing but 3x3 convolutions.
static_assert(min_params<cifar10>() == 73'306 && max_params<cifar10>() == 1'531'546);
static_assert(min_macs<cifar10>() == 7'783'040 && max_macs<cifar10>() == 220'119'680);
static_assert(min_params<cifar100>() == 79'156 && max_params<cifar100>() == 1'537'396);
static_assert(min_macs<imagenet16>() == 1'953'280 && max_macs<imagenet16>() == 55'037'440);

} // namespace spaces::nas_bench_201
