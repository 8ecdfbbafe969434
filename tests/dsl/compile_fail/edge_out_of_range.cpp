// expect: net: wiring0/wire1: an edge names node 3, there are nodes 0 to 2; name a node that exists
// expect: [edge-out-of-range]
//
// The nodes of a wiring are numbered from 0.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), wiring(3, sep_conv(3), wire(0, 1), wire(1, 2)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), wiring(3, sep_conv(3), wire(1, 2), wire(2, 3)));
#endif

static_assert(valid<net>());
