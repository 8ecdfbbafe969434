#include <espalier/dsl.hpp>

#include <algorithm>

namespace {

using namespace espalier::dsl;

// Each extreme is compared with all architectures, worked out by hand.

// 3 -> 4 channels on 8 x 8 pixels: 3 x 3 x 3 x 4 = 108 weights, or 5 x 5 x 3 x 4 = 300; then 4 x 2 + 2.
inline constexpr auto kernels =
    search_space("kernels", image(3, 8, 8), conv(one_of(3, 5), channels(4)), global_avg_pool(), linear(2));
static_assert(valid<kernels>() && count<kernels>() == 2);
static_assert(min_params<kernels>() == 108 + 10 && max_params<kernels>() == 300 + 10);
static_assert(min_macs<kernels>() == 108 * 64 + 8 && max_macs<kernels>() == 300 * 64 + 8);
static_assert(fits<kernels>(params(118)) && !fits<kernels>(params(117)));
static_assert(fits<kernels>(macs(6920)) && !fits<kernels>(macs(6919)));

// The branch with most parameters is not the one with most multiply-adds: 16 x 16 weights at 4 x 4 positions, or
// 9 x 16 at 8 x 8.
inline constexpr auto traded = search_space(
    "traded", image(16, 8, 8), choice(conv(1, stride(2)), sequence(depthwise_conv(3), max_pool(3, stride(2)))));
static_assert(min_params<traded>() == 144 && max_params<traded>() == 256);
static_assert(min_macs<traded>() == 256 * 16 && max_macs<traded>() == 144 * 64);

// One width in two layers: w = 4, 8 costs 27 w + w (10 - w): 132 and 232, not 27 x 4 + 8 x 2 = 124.
constexpr auto width = one_of("width", 4, 8);
inline constexpr auto coupled =
    search_space("coupled", image(3, 8, 8), conv(3, channels(width)), conv(1, channels(10 - width)));
static_assert(min_params<coupled>() == 132 && max_params<coupled>() == 232);
static_assert(min_macs<coupled>() == 132 * 64 && max_macs<coupled>() == 232 * 64);

// A constraint excludes both ends: (w, v) is (4, 8) or (8, 4), with 27 w + w v weights.
constexpr auto other = one_of("other", 4, 8);
inline constexpr auto constrained = search_space("constrained", image(3, 8, 8), conv(3, channels(width)),
                                                 conv(1, channels(other)), where(width != other));
static_assert(count<constrained>() == 2);
static_assert(min_params<constrained>() == 108 + 32 && max_params<constrained>() == 216 + 32);

// Two to four rounds of 4 x 4 or 9 x 4 x 4 weights.
inline constexpr auto depths = search_space("depths", image(4, 8, 8), repeat(range(2, 4), conv(one_of(1, 3))));
static_assert(count<depths>() == 4 + 8 + 16);
static_assert(min_params<depths>() == 2 * 16 && max_params<depths>() == 4 * 144);
// None, where the depth may be 0.
inline constexpr auto optional = search_space("optional", image(4, 8, 8), repeat(range(0, 1), conv(3)));
static_assert(min_params<optional>() == 0 && max_params<optional>() == 144);

// At least two of 16, 144 and 400 weights.
inline constexpr auto subset = search_space("subset", image(4, 8, 8), any_of(at_least(2), conv(1), conv(3), conv(5)));
static_assert(count<subset>() == 4);
static_assert(min_params<subset>() == 160 && max_params<subset>() == 560);

// A named choice is taken twice alike: on 3 -> 4 channels at first, then on 4 -> 4. Kernel 1 costs 12 + 16, kernel 3
// 108 + 144.
constexpr auto op = choice("op", conv(1, channels(4)), conv(3, channels(4)));
inline constexpr auto twice = search_space("twice", image(3, 8, 8), op, op);
static_assert(count<twice>() == 2 && min_params<twice>() == 28 && max_params<twice>() == 252);

// Resolution: 4, 6 or 8 pixels and 27 x 4 weights.
inline constexpr auto sizes = search_space("sizes", image(3, resolution(4, 8, step(2))), conv(3, channels(4)));
static_assert(count<sizes>() == 3 && min_params<sizes>() == 108 && max_params<sizes>() == 108);
static_assert(min_macs<sizes>() == 108 * 16 && max_macs<sizes>() == 108 * 64);

// A cell that keeps both inputs at 2 nodes. Preprocessing: 3 x 4 + 8 twice. Edges: nothing, or a convolution of 16.
constexpr auto small = cell("small", nodes(2), keep(2), choice(skip_connect(), conv(1)));
inline constexpr auto celled = search_space("celled", image(3, 8, 8), small(4));
static_assert(count<celled>() == 4 * 12);
static_assert(min_params<celled>() == 40 && max_params<celled>() == 40 + 4 * 16);

// A cell whose nodes pick one value each: an input that none reads is not preprocessed (3 x 4 + 8), and of two nodes
// one or both are concatenated, for a linear layer of 4 or 8 x 5 + 5.
constexpr auto picking = cell("picking", nodes(2), picks(1), loose_ends, choice(skip_connect(), conv(1)));
inline constexpr auto picked = search_space("picked", image(3, 8, 8), picking(4), global_avg_pool(), linear(5));
static_assert(min_params<picked>() == 20 + 25 && max_params<picked>() == 2 * 20 + 2 * 16 + 45);
static_assert(min_macs<picked>() == 64 * 12 + 20 && max_macs<picked>() == 64 * (2 * 12 + 2 * 16) + 40);

// A width per head, and heads that a constraint keeps to divisors of the width: 12 / 3 or 16 / 4 (or 12 / 4).
constexpr auto features = one_of("features", 12, 16);
constexpr auto head_number = one_of("heads", 3, 4);
inline constexpr auto attentive = search_space("attentive", sequence_of(2, 5), conv(1, channels(features)),
                                               attention(head_number), where(features % head_number == 0));
static_assert(count<attentive>() == 3);
static_assert(min_params<attentive>() == 5 * 12 + 4 * 144 + 4 * 12);
static_assert(max_params<attentive>() == 5 * 16 + 4 * 256 + 4 * 16);
static_assert(min_macs<attentive>() == 2 * (60 + 576));

// A tied layer has only its bias; an embedding multiplies nothing.
inline constexpr auto language = search_space("language", words(3, 10), embedding(4), lstm(4), tied_linear(10));
static_assert(count<language>() == 1);
static_assert(min_params<language>() == 40 + (4 * 4 * 8 + 8 * 4) + 10);
static_assert(max_macs<language>() == 3 * 128 + 3 * 40);

// However many seeds a wiring has, all are looked at: the extremes of a hundred are those of their two halves.
constexpr auto drawn(int first, int last) {
  return search_space(
      "drawn", image(8, 8, 8),
      wiring(erdos_renyi(16, 150), range(first, last), 1, block("unit", relu(), conv(3), batch_norm())));
}
inline constexpr auto all_seeds = drawn(1, 100);
inline constexpr auto first_seeds = drawn(1, 64);
inline constexpr auto last_seeds = drawn(65, 100);
static_assert(min_params<all_seeds>() == std::min(min_params<first_seeds>(), min_params<last_seeds>()));
static_assert(max_params<all_seeds>() == std::max(max_params<first_seeds>(), max_params<last_seeds>()));
static_assert(max_params<last_seeds>() > max_params<first_seeds>());

// Decisions, not options: named ones once, unnamed ones wherever they stand, those of branches as well.
template <std::size_t... N>
constexpr long long decisions_of(expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return count_decisions({"test", image(8, 32, 32), body.nodes});
}
constexpr auto two = choice(conv(3), conv(5));
static_assert(decisions_of(conv(3)) == 0);
static_assert(decisions_of(repeat(4, two)) == 4);
static_assert(decisions_of(repeat(4, choice("op", conv(3), conv(5))), choice("op", conv(3), conv(5))) == 1);
static_assert(decisions_of(repeat(range(2, 4), conv(one_of(3, 5)))) == 1 + 4);
static_assert(decisions_of(choice(conv(3), block("two", two, two))) == 1 + 2);
static_assert(decisions_of(any_of(conv(3), two)) == 1 + 1);
static_assert(decisions_of(conv(3, channels(one_of("width", 8, 16))), conv(3, channels(one_of("width", 8, 16))),
                           where(one_of("width", 8, 16) < 16)) == 1);
// DARTS: node 0 keeps both inputs, nodes 1 to 3 select; 2 + 3 + 4 + 5 edges. NAS-Bench-201: six edges.
static_assert(decisions_of(cell("c", nodes(4), keep(2), two)(8), cell("c", nodes(4), keep(2), two)(8)) == 3 + 14);
static_assert(decisions_of(cell("c", nodes(3), keep_all, inputs(1), last_node, two)()) == 6);
// NASNet: for each of two picks where from and what, and how they are combined.
static_assert(decisions_of(cell("c", nodes(2), picks(2), add_or_concat, loose_ends, two)(8)) == 2 * (2 * 2 + 1));
// ENAS: twelve operations, and skips from the second layer on.
static_assert(decisions_of(skip_chain("c", nodes(12), two)) == 12 + 11);
// Which layer stands at each of three places, and a kernel wherever it may be a convolution.
static_assert(decisions_of(layer_chain(3, chain_layer("conv", after("start", "pool"), conv(one_of(3, 5))),
                                       chain_layer("pool", after("conv"), max_pool(3)))) == 3 + 2);
static_assert(decisions_of(layer_chain(3, chain_layer("conv", after("start"), conv(one_of(3, 5))))) == 1 + 1);

} // namespace
