// expect: net: where0: the constraint reads a decision among 3 numbers that has no name; give it one here and where it
// expect: is used: one_of("width", 16, 24) [constraint-reads-unnamed]
//
// Without a name, a decision is another one wherever it is written: the constraint would not read the one of the
// operation.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto width = one_of("width", 16, 24, 32);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width >= 24));
#else
inline constexpr auto width = one_of(16, 24, 32);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(width)), where(width >= 24));
#endif

static_assert(valid<net>());
