#pragma once

#include "amoebanet.hpp"

/// PNAS (Liu et al., ECCV 2018, section 3): one cell, with stride 1 and with stride 2; of one block at the first level
/// of the progressive search, of five at the last.
namespace spaces::pnas {

using namespace espalier::dsl;

// clang-format off
constexpr auto of_blocks(int b) {
  auto const cell_of = cell("cell", nodes(b), picks(2), loose_ends, amoebanet::operations);
  return search_space("pnas-cifar10", image(3, 32, 32),
      conv(3, channels(72)), batch_norm(),
      repeat(2, cell_of(24)), cell_of(48, stride(2)),
      repeat(2, cell_of(48)), cell_of(96, stride(2)), repeat(2, cell_of(96)),
      relu(), global_avg_pool(), linear(10));
}
// clang-format on
inline constexpr auto first_level = of_blocks(1);
inline constexpr auto search = of_blocks(5);

static_assert(count<first_level>() == 256);
static_assert(count<search>() == 556'627'761'561'600);

} // namespace spaces::pnas
