// expect: net: conv0/range0: a decision with 1 option, at least 2 are needed; list two numbers, or write the number
// expect: itself [single-option]
//
// A decision with one option decides nothing, but would appear in every architecture.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(32)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(range(32, 32, step(16)))));
#endif

static_assert(valid<net>());
