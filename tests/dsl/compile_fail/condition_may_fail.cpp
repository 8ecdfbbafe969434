// expect: net: require0: require() does not always hold here, where nothing can take its place; use it in a layer of a
// expect: layer_chain; constrain decisions by where() [condition-may-fail]
//
// Within a layer of a chain, require() says that the layer may not stand there. Elsewhere nothing could take the place
// of what it refuses.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 16, 24, 32);
#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width >= 24), conv(3));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width)), require(width >= 24), conv(3));
#endif

static_assert(valid<net>());
