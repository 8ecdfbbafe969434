// expect: net: squeeze_excite0: 8 channels squeezed by 16 leave none; squeeze by 8 or less [squeeze-leaves-nothing]
//
// A squeeze and excitation computes its gates from in / ratio channels; at least one must be left, for the fewest
// channels and the largest ratio.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(one_of(8, 16, 32))), squeeze_excite(4));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(one_of(8, 16, 32))), squeeze_excite(16));
#endif

static_assert(valid<net>());
