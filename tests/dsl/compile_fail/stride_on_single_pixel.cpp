// expect: net: repeat0/conv0: stride 2 on a map that is only 1 pixel wide; remove a reduction, or enlarge the input
// expect: [stride-on-single-pixel]
//
// A map of one pixel cannot be reduced further: there is one reduction too many for this input.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(1, 28, 28), conv(3, channels(16)), repeat(5, conv(3, stride(2))),
                                         global_avg_pool(), linear(10));
#else
inline constexpr auto net = search_space("net", image(1, 28, 28), conv(3, channels(16)), repeat(6, conv(3, stride(2))),
                                         global_avg_pool(), linear(10));
#endif

static_assert(valid<net>());
