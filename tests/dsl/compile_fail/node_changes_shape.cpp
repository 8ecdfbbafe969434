// expect: net: layers/choice0: a node gives 36 channels where the others give 16; keep the shape within the body;
// expect: change it before [node-changes-shape]
//
// The layers of a skip chain are added to each other, and so are the nodes of a wiring: all have one shape.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(36)),
                                         skip_chain("layers", nodes(12), choice(conv(3), conv(5))));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)),
                 skip_chain("layers", nodes(12), choice(conv(3, channels(36)), conv(5, channels(36)))));
#endif

static_assert(valid<net>());
