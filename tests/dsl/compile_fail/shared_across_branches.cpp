// expect: net: conv1/kernel: kernel is used here, but first in a branch that an architecture may not take; use it
// expect: first where every architecture passes, or only within one candidate [shared-across-branches]
//
// Decisions within a candidate that is not taken do not exist. What is first used there cannot be read elsewhere, where
// it may not exist.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto kernel_of_all = one_of("kernel", 3, 5);
#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(kernel_of_all, channels(16)), choice(conv(kernel_of_all), max_pool(3)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         choice(conv(kernel_of_all), max_pool(3)), conv(kernel_of_all));
#endif

static_assert(valid<net>());
