// expect: net: conv1: 24 channels cannot be split into 16 groups; choose channels that are a multiple of the groups
// expect: [groups-do-not-divide-channels]
//
// A grouped convolution, group normalization and a channel shuffle give every group as many channels of the input, for
// every pair of options.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(one_of(16, 32, 48))),
                                         conv(3, channels(32), groups(one_of(4, 16))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(one_of(16, 24, 32))),
                                         conv(3, channels(32), groups(one_of(4, 16))));
#endif

static_assert(valid<net>());
