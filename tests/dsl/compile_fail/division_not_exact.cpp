// expect: net: conv1/quotient0: 40 divided by 16 leaves a rest; choose numbers that divide, or say where(a % b == 0),
// expect: round_to(8, ...) or round_down(...) [division-not-exact]
//
// Channels and other sizes are whole numbers: a quotient must have no rest for any combination of its decisions. Say
// round_down() where a rest is meant to be dropped, or round_to() where the published network rounds.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto width = one_of("width", 32, 48, 64);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)),
                                         conv(1, channels(width / 16)), conv(3, channels(width)));
#else
inline constexpr auto width = one_of("width", 32, 40, 48, 64);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)),
                                         conv(1, channels(width / 16)), conv(3, channels(width)));
#endif

static_assert(valid<net>());
