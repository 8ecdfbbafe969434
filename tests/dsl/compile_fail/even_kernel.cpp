// expect: net: conv0: kernel 4 is even, so that no padding keeps the size of the map; use an odd kernel such as 5
// expect: [even-kernel]
//
// Convolution and padded pooling keep the size of the map at stride 1. With an even kernel no symmetric padding does
// so.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5, 7), channels(16)), batch_norm());
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 4, 5), channels(16)), batch_norm());
#endif

static_assert(valid<net>());
