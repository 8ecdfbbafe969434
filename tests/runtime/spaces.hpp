#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>

#include <spaces/darts.hpp>
#include <spaces/fashion.hpp>

/// Small spaces that hold every kind of decision, for tests that run networks.
namespace test_spaces {

using namespace espalier::dsl;

inline constexpr auto small_edge = choice(none(), block("max_pool_3x3", max_pool(3), search_batch_norm()), avg_pool(3),
                                          skip_connect(), sep_conv(3), dil_conv(3));
inline constexpr auto small_normal = cell("normal", nodes(3), keep(2), small_edge);
inline constexpr auto small_reduction = cell("reduction", nodes(2), keep(2), small_edge, stride(2));

/// Cells, with one output more than one input: 2 normal cells around a reduction.
inline constexpr auto cells =
    search_space("small-cells", image(1, 8, 8), conv(3, channels(6)), batch_norm(), small_normal(4), small_reduction(8),
                 small_normal(8), global_avg_pool(), linear(3));

/// Nested choices, repeated and shared.
inline constexpr auto nested = search_space(
    "small-nested", image(1, 8, 8), conv(3, channels(4)),
    repeat(2, choice(skip_connect(), conv(3), block("deep", conv(3), choice(relu(), batch_norm()), conv(1)))),
    choice("shared", conv(3), conv(5)), relu(), choice("shared", conv(3), conv(5)), choice(none(), conv(3)),
    global_avg_pool(), linear(3));

/// Decided kernels, channels and depth.
inline constexpr auto numbers =
    search_space("small-numbers", image(1, 8, 8), conv(one_of(3, 5), channels(one_of(4, 6))), batch_norm(), relu(),
                 repeat(range(1, 3), residual(conv(one_of(1, 3)), batch_norm())), relu(), global_avg_pool(), linear(3));

inline std::unique_ptr<espalier::compiler::compiled_space> compiled(space_view space) {
  return std::make_unique<espalier::compiler::compiled_space>(espalier::compiler::lower(space));
}

} // namespace test_spaces
