// expect: net: any_of0: any_of() asks for at least 2 of 2 candidates, that is for all; ask for fewer, or write sum()
// expect: [subset-decides-nothing]
//
// Where every candidate must be taken, there is one subset and nothing to search.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), any_of(at_least(1), sep_conv(3), sep_conv(5)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), any_of(at_least(2), sep_conv(3), sep_conv(5)));
#endif

static_assert(valid<net>());
