// expect: net: branches0: 1 branch to join, at least 2 are needed; write the branch itself [single-branch]
//
// A sum or a concatenation joins at least two branches. Operations one after another are one branch.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         sum(skip_connect(), sequence(conv(3), relu(), conv(3))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         sum(sequence(skip_connect(), conv(3), relu(), conv(3))));
#endif

static_assert(valid<net>());
