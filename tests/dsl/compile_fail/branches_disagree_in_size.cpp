// expect: net: branches0/sequence0: the branches give maps of 32 and 16 pixels; give every branch the same stride, for
// expect: example by shortcut(channels(n), stride(2)) [branches-disagree-in-size]
//
// The branches of a sum or a concatenation give maps of one size. A residual connection around a strided block needs a
// shortcut that strides too.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         sum(shortcut(stride(2)), sequence(conv(3, stride(2)), batch_norm())));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), residual(conv(3, stride(2)), batch_norm()));
#endif

static_assert(valid<net>());
