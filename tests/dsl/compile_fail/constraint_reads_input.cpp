// expect: net: where0: a constraint reads input_channels or input_size, which differ from place to place; write the
// expect: number itself; within a layer of a layer_chain, use require() [constraint-reads-input]
//
// A constraint holds for the whole architecture, whereas input_channels and input_size are those of the enclosing
// block.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 16, 24, 32);
#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width >= 24));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width >= 8 * input_channels));
#endif

static_assert(valid<net>());
