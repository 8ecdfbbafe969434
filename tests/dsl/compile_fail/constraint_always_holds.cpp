// expect: net: where0: every architecture satisfies the constraint: 3 of 3 combinations do; remove it
// expect: [constraint-always-holds]
//
// A constraint that every architecture satisfies restricts nothing; probably it says something else than was meant.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 16, 24, 32);
#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width < 32));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width <= 32));
#endif

static_assert(valid<net>());
