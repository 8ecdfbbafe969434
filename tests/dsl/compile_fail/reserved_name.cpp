// expect: net: choice1: unnamed operations are called like this; choose a name that is not an operation with a number
// expect: behind it [reserved-name]
//
// A decision without a name is called after its operation, with a number: choice0, choice1. A name of that form could
// be mistaken for one of them.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         choice("first", sep_conv(3), sep_conv(5)), choice(dil_conv(3), dil_conv(5)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         choice("choice1", sep_conv(3), sep_conv(5)), choice(dil_conv(3), dil_conv(5)));
#endif

static_assert(valid<net>());
