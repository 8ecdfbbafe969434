// expect: net: normal: keep(3), but the first node has 2 predecessors; keep at least 1 and at most 2, or all by
// expect: keep_all [keep-out-of-range]
//
// Every node keeps as many of its incoming edges, and the first node has only the inputs of the cell before it. Where a
// node may use a predecessor twice, say picks().
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(4), keep(3), choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
