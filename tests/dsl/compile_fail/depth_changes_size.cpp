// expect: net: repeat0/conv0: one repetition more turns a map of 8 pixels into 4, so that the depth cannot be a
// expect: decision; stride only once: put the strided block before the repeat [depth-changes-size]
//
// Where the number of repetitions is a decision, each of them keeps the size of the map. A stage strides in its first
// block, which every architecture has.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), conv(3, stride(2)), repeat(range(1, 3), conv(3)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), repeat(range(2, 4), conv(3, stride(2))));
#endif

static_assert(valid<net>());
