// expect: net: choice0: 1 candidate to choose from, at least 2 are needed; list two candidates or use the operation
// expect: directly [empty-choice]
//
// A choice of a single candidate decides nothing.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), choice(sep_conv(3), sep_conv(5)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), choice(sep_conv(3)));
#endif

static_assert(valid<net>());
