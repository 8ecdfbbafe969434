// expect: net: normal: 4 operations for the edges, at least 1 and at most 3 are needed; give one for all, usually a
// expect: choice; a cell takes also one for edges from inputs and one for edges from nodes [operations-out-of-range]
//
// A cell puts an operation on each of its edges: one for all, one for edges from inputs and one for those from nodes,
// or one for each input and one for those from nodes. A skip chain and a cell of labelled nodes repeat a single one.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal =
    cell("normal", nodes(4), keep(2), choice(skip_connect(), max_pool(3), sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(4), keep(2), skip_connect(), max_pool(3), sep_conv(3), sep_conv(5));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
