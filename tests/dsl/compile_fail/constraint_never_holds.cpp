// expect: net: where0: no architecture satisfies the constraint: 0 of 6 combinations do; loosen it
// expect: [constraint-never-holds]
//
// The constraints over some decisions leave no combination of them: the space is empty. Constraints that read a
// decision in common are tried together.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto stem_width = one_of("stem_width", 8, 16, 32);
inline constexpr auto width = one_of("width", 16, 24);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(stem_width)),
                                         conv(3, channels(width)), where(width >= 2 * stem_width));
#else
inline constexpr auto stem_width = one_of("stem_width", 16, 24, 32);
inline constexpr auto width = one_of("width", 16, 24);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(stem_width)),
                                         conv(3, channels(width)), where(width >= 2 * stem_width));
#endif

static_assert(valid<net>());
