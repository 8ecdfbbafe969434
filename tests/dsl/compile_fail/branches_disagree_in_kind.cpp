// expect: net: branches0/global_avg_pool0: the branches give an image and a vector; make every branch end in the same
// expect: kind of tensor [branches-disagree-in-kind]
//
// The branches of a sum or a concatenation give one kind of tensor.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)),
                                         concat(sequence(conv(3), global_avg_pool()), global_avg_pool()));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), concat(conv(3), global_avg_pool()));
#endif

static_assert(valid<net>());
