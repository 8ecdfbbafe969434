// expect: net: normal: a cell with 3 inputs; give it 1 or 2 [cell-inputs-out-of-range]
//
// A cell reads what is before it (one input), or the outputs of the two cells before it.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), inputs(2), choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal = cell("normal", nodes(4), inputs(3), choice(sep_conv(3), sep_conv(5)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
