// expect: net: cell: a cell with one input works at the 16 channels of its input, not at 32; call it without channels,
// expect: and change them before it [cell-changes-channels]
//
// A cell with one input, as in NAS-Bench-201, has no convolution before its nodes, and so the width of its input.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto cell201 =
    cell("cell", nodes(3), keep_all, inputs(1), last_node, choice(none(), conv(1), conv(3)));
#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(32)), cell201());
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), cell201(32));
#endif

static_assert(valid<net>());
