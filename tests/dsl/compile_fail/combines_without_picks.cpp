// expect: net: normal: add_or_concat decides how a node joins its picks, but this cell has picks(0); say picks(2)
// expect: [combines-without-picks]
//
// Whether a node adds or concatenates, as in NASNet, is decided for the terms it picks in order.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(5), picks(2), add_or_concat, choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(5), keep(2), add_or_concat, choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
