// expect: net: conv1/kernel: one name stands for two different decisions (lines 14 and 15); give them different names,
// expect: or use the same declaration for both [name-reused]
//
// A name is one decision however often it is used: the same options at every place. This also catches two cells of one
// name.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto stem_kernel = one_of("stem_kernel", 3, 5);
inline constexpr auto body_kernel = one_of("kernel", 3, 5, 7);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(stem_kernel, channels(16)), conv(body_kernel));
#else
inline constexpr auto stem_kernel = one_of("kernel", 3, 5);
inline constexpr auto body_kernel = one_of("kernel", 3, 5, 7);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(stem_kernel, channels(16)), conv(body_kernel));
#endif

static_assert(valid<net>());
