// expect: net: repeat0/wider: one repetition more turns 6 channels into 12, so that the depth cannot be a decision;
// expect: keep the channels within the repeated body; change them before it [depth-changes-channels]
//
// Where the number of repetitions is a decision, what follows must read the same channels after each of them.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), block("wider", conv(3, channels(2 * input_channels))),
                                         repeat(range(1, 4), conv(3)));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), repeat(range(1, 4), block("wider", conv(3, channels(2 * input_channels)))));
#endif

static_assert(valid<net>());
