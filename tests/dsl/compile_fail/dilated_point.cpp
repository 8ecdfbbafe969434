// expect: net: conv1: kernel 1 with dilation 2 reads one pixel, as with dilation 1; drop the dilation or use a larger
// expect: kernel [dilated-point]
//
// Dilation spreads the taps of a kernel, and a 1x1 kernel has only one. As an option it would be a second name for the
// same operation, and would be sampled twice as often.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), choice(conv(1), conv(3, dilation(2))));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), conv(one_of(1, 3), dilation(2)));
#endif

static_assert(valid<net>());
