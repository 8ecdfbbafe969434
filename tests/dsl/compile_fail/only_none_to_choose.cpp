// expect: net: normal/none0: none() leaves 0 of 1 candidates that compute something; add another candidate
// expect: [only-none-to-choose]
//
// An edge of a cell computes something. The candidate none() only lets an edge be weak, or absent, beside others.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice(none(), sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(4), keep(2), none());
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
