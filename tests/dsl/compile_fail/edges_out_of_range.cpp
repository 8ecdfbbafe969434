// expect: net: small: max_edges(9) of 6 possible edges; allow at least 1 and at most 6 [edges-out-of-range]
//
// A DAG of n inner nodes, an input and an output has (n + 2)(n + 1) / 2 possible edges.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto small = graph_cell("small", nodes(2), max_edges(6), choice(conv(1), conv(3)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), small(16));
#else
inline constexpr auto small = graph_cell("small", nodes(2), max_edges(9), choice(conv(1), conv(3)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), small(16));
#endif

static_assert(valid<net>());
