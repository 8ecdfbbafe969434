// expect: net: conv0/one_of0: the number 3 is listed again, it is option 0 already; list every number once
// expect: [duplicate-number]
//
// An option listed twice is counted twice and sampled twice as often.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5, 7), channels(16)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5, 3), channels(16)));
#endif

static_assert(valid<net>());
