// expect: net: choice0/max_pool0: the candidates give maps of 32 and 16 pixels; give every candidate the same stride
// expect: [candidates-disagree-in-size]
//
// All candidates of a choice give maps of one size.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), choice(sep_conv(3), max_pool(3)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), choice(sep_conv(3), max_pool(3, stride(2))));
#endif

static_assert(valid<net>());
