// expect: net: conv0: bias cannot be a decision; write a constant; different ones can be candidates of a choice
// expect: [fixed-number]
//
// A few numbers say what an operation is, such as the nodes of a cell or whether a layer has a bias. They are no
// decisions; whole operations that differ in them can be candidates of a choice.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), choice(conv(3, channels(16), bias(0)), conv(3, channels(16), bias(1))));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16), bias(one_of(0, 1))));
#endif

static_assert(valid<net>());
