// expect: net: branches0/channel_part0: 18 channels cannot be cut into 4 equal parts; choose channels that are a
// expect: multiple of the parts [parts-do-not-divide-channels]
//
// A channel split, as in ShuffleNet and PC-DARTS, and the two halves of a factorized reduction need parts of the same
// size.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         concat(channel_part(0, 4), sequence(channel_part(1, 4), conv(3))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(18)),
                                         concat(channel_part(0, 4), sequence(channel_part(1, 4), conv(3))));
#endif

static_assert(valid<net>());
