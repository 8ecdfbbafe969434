// expect: net: conv1: 48 output channels cannot be split into 32 groups; choose output channels that are a multiple of
// expect: the groups [groups-do-not-divide-output]
//
// A grouped convolution makes as many of its output channels in every group.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(32)), conv(3, channels(64), groups(one_of(8, 32))));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(32)), conv(3, channels(48), groups(one_of(8, 32))));
#endif

static_assert(valid<net>());
