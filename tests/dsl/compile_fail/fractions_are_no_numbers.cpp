// expect: the numbers of an operation are whole
//
// Ratios are written as what divides: a squeeze to a quarter of the channels is squeeze_excite(4), a probability of
// 0.75 is 750 thousandths.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), squeeze_excite(4));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), squeeze_excite(0.25));
#endif

static_assert(valid<net>());
