// expect: net: conv0/range0: a range with step 0, at least 1 is needed; use a positive step [range-step-not-positive]
//
// A range with a step of 0 never arrives at its end.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 64, step(8))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 64, step(0))));
#endif

static_assert(valid<net>());
