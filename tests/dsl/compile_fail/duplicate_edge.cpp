// expect: net: wiring0/wire3: the edge from node 1 to node 3 is listed twice; list every edge once [duplicate-edge]
//
// Two edges between the same nodes would be one edge with another weight.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         wiring(4, sep_conv(3), wire(0, 1), wire(1, 3), wire(2, 3), wire(0, 3)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         wiring(4, sep_conv(3), wire(0, 1), wire(1, 3), wire(2, 3), wire(1, 3)));
#endif

static_assert(valid<net>());
