// expect: net: branches0/sequence0: the branches give 16 and 32 channels; make every branch end in the same channels,
// expect: for example by conv(1, channels(n)); a decision of one name is the same number in both [branches-disagree]
//
// The branches of a sum give the same channels in every combination of decisions. This also catches a residual
// connection around a block that changes its width.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto width = range("width", 16, 64, step(16));
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width)), residual(conv(3, channels(width)), batch_norm()));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16, 64, step(16))),
                                         residual(conv(3, channels(16, 64, step(16))), batch_norm()));
#endif

static_assert(valid<net>());
