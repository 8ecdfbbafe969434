// expect: net: wiring0: 5 neighbours in a ring of Watts-Strogatz, an even number is needed: half of them on either
// expect: side; use 6 [odd-neighbours]
//
// In the ring of Watts and Strogatz, every node knows half of its neighbours on either side.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), wiring(watts_strogatz(32, 4, 750), 1, 2, sep_conv(3)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), wiring(watts_strogatz(32, 5, 750), 1, 2, sep_conv(3)));
#endif

static_assert(valid<net>());
