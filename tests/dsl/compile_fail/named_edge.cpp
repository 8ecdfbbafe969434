// expect: net: normal/edge: edge has a name, but every edge of a cell, and every layer of a chain, decides for itself;
// expect: leave the name out; or use the decision before, where it is one [named-edge]
//
// Every edge of a cell has a decision of its own. With a name, all of them would be one.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice(skip_connect(), sep_conv(3)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice("edge", skip_connect(), sep_conv(3)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
