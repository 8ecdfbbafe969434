// expect: net: avg_pool0: a window of 7 pixels without padding on a map of 6; use a smaller window, or put it before a
// expect: reduction [kernel-exceeds-map]
//
// Pooling without padding needs a map as large as its window. With several resolutions, the smallest one counts.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, resolution(192, 224, step(32))), conv(3, channels(16), stride(32)), global_avg_pool());
#else
inline constexpr auto net = search_space("net", image(3, resolution(192, 224, step(32))),
                                         conv(3, channels(16), stride(32)), avg_pool(7, padded(0)));
#endif

static_assert(valid<net>());
