#include <espalier/dsl.hpp>

#include <spaces/darts.hpp>
#include <spaces/fashion.hpp>

namespace {

using namespace espalier::dsl;

template <std::size_t... N>
consteval cardinality count_of(expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return count_architectures({"test", image(3, 32, 32), body.nodes});
}

constexpr auto two = choice(conv(3), conv(5));
constexpr auto three = choice(conv(3), conv(5), conv(7));

// An unnamed decision is one per repetition, a named one is one.
static_assert(count_of(conv(3)) == 1);
static_assert(count_of(repeat(4, three)) == 81);
static_assert(count_of(repeat(4, choice("op", conv(3), conv(5), conv(7)))) == 3);
static_assert(count_of(repeat(2, choice("op", conv(3), conv(5))), three, choice("op", conv(3), conv(5))) == 6);
// So with numbers; a formula decides nothing of its own.
constexpr auto width = one_of("width", 16, 24, 32);
static_assert(count_of(repeat(3, conv(one_of(3, 5), channels(16)))) == 8);
static_assert(count_of(conv(3, channels(width)), conv(one_of(3, 5), channels(2 * width)), conv(3, channels(width))) ==
              6);
static_assert(count_of(conv(3, channels(range(8, 32, step(8))))) == 4);
// What a named choice holds is decided with it, once.
constexpr auto nested = choice("nested", conv(3), block("inner", two));
static_assert(count_of(nested, nested) == 3);

// A decision inside a branch that is not taken does not exist.
static_assert(count_of(choice(conv(3), block("both", two, three))) == 1 + 6);
static_assert(count_of(choice(max_pool(3), conv(one_of(3, 5, 7)))) == 1 + 3);
constexpr auto inside = one_of("inside", 3, 5);
static_assert(count_of(choice(max_pool(3), sequence(conv(inside), conv(inside)))) == 1 + 2);
static_assert(count_of(conv(inside), choice(max_pool(3), sequence(conv(inside), two))) == 2 * (1 + 2));
// Outside a cell, none() is an option like the others.
static_assert(count_of(choice(none(), conv(3))) == 2);

// Subsets of 3 candidates with 1, 2 and 3 architectures each: (1 + 1)(1 + 2)(1 + 3) = 24 of any size.
static_assert(count_of(any_of(at_least(0), conv(1), two, three)) == 24);
static_assert(count_of(any_of(conv(1), two, three)) == 24 - 1);
static_assert(count_of(any_of(at_least(2), conv(1), two, three)) == 24 - 1 - (1 + 2 + 3));
static_assert(count_of(any_of(at_least(3), conv(1), two, three)) == 6);
static_assert(count_of(sum(two, three), concat(two, three)) == 36);

// Depths: only the repetitions that exist decide.
static_assert(count_of(repeat(range(2, 4), two)) == 4 + 8 + 16);
static_assert(count_of(repeat(range(0, 2), three)) == 1 + 3 + 9);
static_assert(count_of(repeat(one_of(1, 3), three)) == 3 + 27);
static_assert(count_of(repeat(range(1, 2), repeat(range(1, 2), two))) == 6 + 36);
static_assert(count_of(repeat(range(0, 2), conv(inside))) == 1 + 2 + 2);
static_assert(count_of(repeat(range(1, 3), choice("op", conv(3), conv(5)))) == 3 * 2);
// One depth for two repeats: the sum over it of the product.
constexpr auto depth = range("depth", 1, 2);
static_assert(count_of(repeat(depth, two), repeat(depth, three)) == 2 * 3 + 4 * 9);
static_assert(count_of(repeat(depth, two), repeat(3 - depth, three)) == 2 * 9 + 4 * 3);
static_assert(count_of(repeat(depth, two), conv(3, channels(8 * depth))) == 2 + 4);
static_assert(count_of(choice(max_pool(3), sequence(repeat(depth, two), repeat(depth, three)))) == 1 + 2 * 3 + 4 * 9);

// Constraints: 16, 24, 32 against 16, 32.
constexpr auto other = one_of("other", 16, 32);
constexpr auto pair = sequence(conv(3, channels(width)), conv(3, channels(other)));
static_assert(count_of(pair) == 6);
static_assert(count_of(pair, where(width <= other)) == 1 + 3);
static_assert(count_of(pair, where(width % other == 0)) == 2 + 1);
static_assert(count_of(pair, where(width == other)) == 2);
static_assert(count_of(pair, where(width != other && other == 32)) == 2);
static_assert(count_of(pair, where(width <= other), where(width > 16)) == 2);
static_assert(count_of(pair, where(width > 16), where(other > 16)) == 2);
static_assert(count_of(where(width <= other), pair, two) == 4 * 2);
static_assert(count_of(repeat(3, pair), where(width <= other)) == 4);
static_assert(count_of(choice(max_pool(3), sequence(pair, where(width <= other)))) == 1 + 4);
// Coupled with a depth: depth 1 leaves 16, depth 2 leaves all three.
static_assert(count_of(repeat(depth, two), conv(3, channels(width)), where(width <= 16 * depth)) == 2 * 1 + 4 * 3);

// One DARTS cell: the product over nodes of C(k, 2) 7^2; the same decisions wherever it stands.
constexpr auto cell_edge =
    choice(none(), max_pool(3), avg_pool(3), skip_connect(), sep_conv(3), sep_conv(5), dil_conv(3), dil_conv(5));
static_assert(count_of(repeat(3, cell("normal", nodes(4), keep(2), cell_edge)(16))) == 1'037'664'180);
static_assert(count<spaces::darts::cifar10>() == cardinality{1'037'664'180} * 1'037'664'180);
// Two operations on edges from inputs, three from nodes: 2 x 2, then 2 x 2 + 2 (2 x 3).
static_assert(count_of(cell("c", nodes(2), keep(2), two, three)(16)) == 4 * (4 + 12));
static_assert(count_of(cell("c", nodes(2), keep(1), two, three)(16)) == 4 * (4 + 3));
static_assert(count_of(cell("c", nodes(2), keep(2), conv(3), two, three)(16)) == 2 * (2 + 3 + 6));
// Where every edge stays, none() is an option: 3 + 2 + 1 edges from one input, 5 operations (NAS-Bench-201).
constexpr auto five = choice(none(), skip_connect(), conv(1), conv(3), avg_pool(3));
static_assert(count_of(cell("c", nodes(3), keep_all, inputs(1), last_node, five)()) == 15'625);
static_assert(count_of(cell("c", nodes(2), keep_all, two)(16)) == 4 * 8);
// Picks in order: (2 predecessors x 2)^2 (3 x 2)^2, times sum or concatenation at both nodes.
static_assert(count_of(cell("c", nodes(2), picks(2), two)(16)) == 16 * 36);
static_assert(count_of(cell("c", nodes(2), picks(2), add_or_concat, two)(16)) == 16 * 36 * 4);
// 2 vertices of 2 operations, up to 2 of 6 edges: 1 + 6 + 15 graphs.
static_assert(count_of(graph_cell("c", nodes(2), max_edges(2), two)(16)) == 4 * 22);
// 4 activations and 1, 2, 3 predecessors.
constexpr auto four = choice(tanh(), relu(), sigmoid(), skip_connect());
static_assert(count_of(recurrent_cell("c", 8, nodes(3), tanh(), four)) == 64 * 6);
// Each layer reads any subset of those before the one it follows: 2^(0 + 1 + 2) = 8.
static_assert(count_of(conv(1, channels(8)), skip_chain("c", nodes(3), two)) == 8 * 8);
// A wiring of 5 nodes decides at each of them; its seed may be a decision.
static_assert(count_of(wiring(erdos_renyi(5, 200), 7, 1, two)) == 32);
static_assert(count_of(wiring(erdos_renyi(5, 200), one_of(1, 2, 3), 1, conv(3))) == 3);
// Chains of 0 to 3 layers of 2 operations.
static_assert(count_of(layer_chain(3, chain_layer("conv", after("start", "conv"), two))) == 1 + 2 + 4 + 8);
// Pooling halves 32 pixels five times: after three more, six in a row are no chain.
static_assert(count_of(layer_chain(9, chain_layer("pool", after("start", "pool"),
                                                  max_pool(2, stride(2), padded(0))))) == 6);

} // namespace
