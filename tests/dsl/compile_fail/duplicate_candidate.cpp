// expect: net: choice0/sep_conv_3x3: candidates 2 and 4 are the same; remove one of them, or change its numbers
// expect: [duplicate-candidate]
//
// Two candidates that say the same are one candidate that is counted twice.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto edge = choice(skip_connect(), max_pool(3), sep_conv(3), dil_conv(3), sep_conv(5));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), edge);
#else
inline constexpr auto edge = choice(skip_connect(), max_pool(3), sep_conv(3), dil_conv(3), sep_conv(3));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), edge);
#endif

static_assert(valid<net>());
