// expect: net: choice0/conv1: the candidates give 16 and 24 channels; make every candidate end in the same channels
// expect: [candidates-disagree]
//
// Whatever a choice takes, the operation behind it reads the same channels. A number of one name is the same in every
// candidate; two decisions are not, even over the same options.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto width = one_of("width", 16, 24);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(1, channels(width)),
                                         choice(conv(3, channels(width)), conv(5, channels(width))));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), choice(conv(3, channels(one_of(16, 24))), conv(5, channels(one_of(16, 24)))));
#endif

static_assert(valid<net>());
