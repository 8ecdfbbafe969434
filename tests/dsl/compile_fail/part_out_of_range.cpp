// expect: net: branches0/sequence0/channel_part0: part 2 of 2 parts does not exist; count the parts from 0
// expect: [part-out-of-range]
//
// The parts of a channel split are counted from 0.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         concat(channel_part(0, 2), sequence(channel_part(1, 2), conv(3))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         concat(channel_part(1, 2), sequence(channel_part(2, 2), conv(3))));
#endif

static_assert(valid<net>());
