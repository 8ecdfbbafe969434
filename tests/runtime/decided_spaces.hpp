#pragma once

#include <espalier/dsl.hpp>

#include <spaces/attentive_nas.hpp>

#include <vector>

/// Small spaces, each of other kinds of decisions, which relax.
namespace decided_spaces {

using namespace espalier::dsl;

// clang-format off
inline constexpr auto head = sequence(global_avg_pool(), linear(3));

/// Windows that have tensors, and windows that have none.
inline constexpr auto windows = search_space("windows", image(2, 8, 8),
    conv(one_of(1, 3, 5), channels(4)), batch_norm(), relu(), max_pool(one_of(3, 5)), depthwise_conv(one_of(3, 5)),
    avg_pool(one_of(1, 3)), conv(one_of(1, 3, 5), kernel_width(one_of(1, 3, 5))), batch_norm(), head);

/// Numbers that are neither channels nor windows.
inline constexpr auto sums = search_space("sums", image(2, 8, 8),
    conv(3, channels(one_of(4, 8))), batch_norm(), conv(3, channels(8), groups(one_of(1, 2, 4))), batch_norm(), relu(),
    conv(3, dilation(one_of(1, 2)), channels(one_of(4, 6))), group_norm(one_of(1, 2)), relu(), head);

/// Bits, of which not all pairs are allowed.
inline constexpr auto precisions = search_space("precisions", image(2, 8, 8), conv(3, channels(4)), batch_norm(), relu(),
    where(one_of("weights", 1, 2, 4) <= one_of("activations", 2, 4)),
    quantized_conv(3, weight_bits(one_of("weights", 1, 2, 4)), activation_bits(one_of("activations", 2, 4))),
    batch_norm(), head);

/// Decided channels through all that reads them.
inline constexpr auto widths = search_space("widths", image(2, 8, 8),
    conv(3, channels(one_of(4, 6, 8)), bias(1)), batch_norm(), sigmoid(), depthwise_conv(one_of(3, 5), bias(1)), swish(),
    squeeze_excite(2), conv(1, channels(range("width", 4, 8, step(4)))), group_norm(2),
    residual(conv(3), batch_norm(), tanh(), conv(1, channels(range("width", 4, 8, step(4))))), channel_shuffle(2),
    concat(channel_part(0, 2), sequence(channel_part(1, 2), conv(3, channels(one_of(2, 6))))), batch_norm(),
    conv(3, channels(4), groups(2)), transposed_conv(3, channels(one_of(2, 4))), shortcut(channels(4), stride(2)),
    upsample(2), conv(1, channels(one_of(2, 4))), relu(), flatten(), linear(3));

/// The numbers of a block that follow from what it reads, and a constraint between numbers.
inline constexpr auto derived = search_space("derived", image(2, 8, 8),
    conv(3, channels(one_of(4, 8))), batch_norm(),
    block("wide", where(one_of("first", 1, 2, 3) <= one_of("second", 1, 2)),
          conv(1, channels(one_of("first", 1, 2, 3) * input_channels)), batch_norm(), relu(),
          conv(1, channels(one_of("second", 1, 2) * input_channels)), batch_norm(), relu()), head);

/// Depth, with the widths and kernels of attentive-nas.
namespace mobile { using namespace spaces::attentive_nas; }
inline constexpr auto depths = search_space("depths", image(2, 8, 8),
    conv(3, channels(one_of("width0", 8, 16))), batch_norm(), swish(),
    mobile::stage(one_of("width1", 8, 16), range(1, 3), one_of("kernel1", 3, 5), one_of("expand1", 1, 2), 2,
                  sequence(swish(), squeeze_excite(4, divisor(8)))),
    repeat(range(0, 2), conv(one_of(1, 3))), batch_norm(), relu(), head);

inline constexpr auto transformer = search_space("transformer", image(2, 8, 8),
    patch_embedding(2, range("width", 8, 16, step(4))), position_embedding(), repeat(range(1, 2), sequence(
        residual(layer_norm(), attention(range(1, 2), head_width(4))),
        residual(layer_norm(), linear(one_of(1, 2) * range("width", 8, 16, step(4))), gelu(),
                 linear(range("width", 8, 16, step(4)))))),
    residual(attention(one_of(1, 2, 4))), layer_norm(), global_avg_pool(), linear(3));

inline constexpr auto recurrent = search_space("recurrent", words(5, 11),
    embedding(one_of(4, 6)), lstm(one_of(3, 4)), gru(range(3, 5)),
    recurrent_cell("cell", one_of(4, 6), nodes(2), tanh(), choice(none(), sigmoid(), skip_connect())), last_step(),
    linear(3));

inline constexpr auto tied = search_space("tied", words(5, 11),
    embedding(6), linear(6), recurrent_cell("cell", 6, nodes(3), tanh(), choice(tanh(), relu())), tied_linear(11));

/// Subsets, anchors and random graphs.
inline constexpr auto subsets = search_space("subsets", image(2, 8, 8),
    conv(3, channels(4)), batch_norm(), any_of(at_least(1), conv(1), conv(one_of(3, 5)), skip_connect()),
    skip_chain("anchors", nodes(3), concatenating, block("layer", conv(one_of(1, 3), channels(one_of(2, 4))),
                                                         batch_norm(), relu())), batch_norm(),
    conv(1, channels(4)), skip_chain("sums", nodes(3), choice(conv(1), max_pool(3))),
    wiring(erdos_renyi(4, 500), one_of(1, 2, 3), 1, block("node", relu(), conv(3), batch_norm())), head);

/// Cells whose nodes pick what they read; what nothing else reads is normalized.
inline constexpr auto edge = choice(conv(3), skip_connect(), max_pool(3));
inline constexpr auto picking = cell("picking", nodes(3), picks(2), loose_ends, edge);
inline constexpr auto combining = cell("combining", nodes(2), picks(2), add_or_concat, loose_ends, edge, stride(2));
inline constexpr auto picks_of_cells = search_space("picks", image(2, 8, 8),
    conv(3, channels(one_of(4, 6))), batch_norm(), picking(2), combining(2), picking(2), batch_norm(), tanh(), head);

/// Candidates that decide numbers of their own.
inline constexpr auto candidates = search_space("candidates", image(2, 8, 8),
    conv(3, channels(4)), batch_norm(),
    repeat(2, choice(block("conv", conv(one_of(1, 3), channels(one_of(2, 6))), batch_norm(), relu(), conv(1, channels(4))),
                     sequence(repeat(range(1, 2), conv(one_of(3, 5)))), none())),
    choice("shared", conv(3, channels(one_of("last", 2, 4))), conv(1, channels(one_of("last", 2, 4)))), batch_norm(),
    head);
// clang-format on

/// Those whose gradients are those of what they compute.
inline std::vector<space_view> smooth() {
  return {windows.view(),   sums.view(), widths.view(),  derived.view(),        depths.view(),    transformer.view(),
          recurrent.view(), tied.view(), subsets.view(), picks_of_cells.view(), candidates.view()};
}

inline std::vector<space_view> all() {
  auto spaces = smooth();
  spaces.push_back(precisions.view()); // rounding passes gradients on unchanged
  return spaces;
}

} // namespace decided_spaces
