// expect: net: stage 1: a name with " " at position 5; use letters, digits, '_', '-' and '.', and begin with a letter
// expect: [malformed-name]
//
// Names stand in the paths of decisions, in the text form and in emitted code: letters, digits, and the signs _ - and .
// after the first letter.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), block("stage1", conv(3, channels(16)), batch_norm()));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), block("stage 1", conv(3, channels(16)), batch_norm()));
#endif

static_assert(valid<net>());
