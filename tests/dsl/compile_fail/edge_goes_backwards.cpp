// expect: net: wiring0/wire2: an edge from node 3 to node 2 does not go forward; number the nodes so that every edge
// expect: goes from a smaller to a larger number [edge-goes-backwards]
//
// A wiring has no loops: its nodes are numbered in the order in which they are computed.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         wiring(4, sep_conv(3), wire(0, 1), wire(1, 2), wire(2, 3)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         wiring(4, sep_conv(3), wire(0, 1), wire(1, 2), wire(3, 2)));
#endif

static_assert(valid<net>());
