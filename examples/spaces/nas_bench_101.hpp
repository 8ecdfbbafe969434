#pragma once

#include <espalier/dsl.hpp>

/// NAS-Bench-101 (Ying et al., ICML 2019, section 2): a cell of at most seven vertices, input and output among them,
/// and at most nine edges; every inner vertex decides its operation.
namespace spaces::nas_bench_101 {

using namespace espalier::dsl;

constexpr auto conv_bn_relu(int kernel) {
  return block(label("conv").sized(kernel), conv(kernel), batch_norm(), relu());
}

// clang-format off
constexpr auto network(int most_edges) {
  auto const cell_of = graph_cell("cell", nodes(5), max_edges(most_edges),
                                  choice(conv_bn_relu(3), conv_bn_relu(1), max_pool(3)));
  auto const halve = max_pool(2, stride(2), padded(0));
  return search_space("nas-bench-101", image(3, 32, 32),
      conv(3, channels(128)), batch_norm(), relu(),
      repeat(3, cell_of(128)), halve, repeat(3, cell_of(256)), halve, repeat(3, cell_of(512)),
      global_avg_pool(), linear(10));
}
// clang-format on
inline constexpr auto cifar10 = network(9);
inline constexpr auto any_edges = network(21);

// Labelled matrices; modulo isomorphism, and without vertices that no path from input to output crosses, 423,624.
static_assert(count<cifar10>() == 695'860 * 243); // sum over k <= 9 of C(21, k), times 3^5
static_assert(count<any_edges>() == 509'607'936); // 2^21 * 3^5, as in section 2.1

} // namespace spaces::nas_bench_101
