#pragma once

#include "darts.hpp"

/// The cells of DARTS (Liu, Simonyan, Yang, ICLR 2019) for 28x28 images in ten classes, few and narrow enough to search
/// on two cores.
namespace spaces::darts_fashion {

using namespace espalier::dsl;
using darts::normal, darts::reduction;

// clang-format off
/// Five cells, on maps of 14x14 and, behind the reduction, 7x7.
inline constexpr auto search = search_space("darts-fashion", image(1, 28, 28),
    conv(3, channels(24), stride(2)), batch_norm(),
    repeat(2, normal(8)), reduction(16), repeat(2, normal(16)),
    global_avg_pool(), linear(10));
// clang-format on

static_assert(count<search>() == 1'076'746'950'455'072'400);

} // namespace spaces::darts_fashion
