// expect: net: conv0/range0: a range from 64 to 16; write the smaller end first [range-reversed]
//
// A range goes upwards, from its smallest number to its largest.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 64, step(8))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(64, 16, step(8))));
#endif

static_assert(valid<net>());
