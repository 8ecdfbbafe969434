// expect: net: conv0/range0: the steps of the range pass 60, their last number is 56; end the range at 56, or choose a
// expect: step that divides the distance [range-misses-end]
//
// Both ends of a range are options. Where the step jumps over the end, the largest number would not be what the
// declaration says.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 56, step(8))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 60, step(8))));
#endif

static_assert(valid<net>());
