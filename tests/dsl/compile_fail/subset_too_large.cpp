// expect: net: any_of0: any_of() asks for at least 4 of 3 candidates; ask for fewer than there are [subset-too-large]
//
// A subset has at most as many members as there are candidates.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         any_of(at_least(2), skip_connect(), sep_conv(3), sep_conv(5)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         any_of(at_least(4), skip_connect(), sep_conv(3), sep_conv(5)));
#endif

static_assert(valid<net>());
