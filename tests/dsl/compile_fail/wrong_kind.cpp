// expect: net: linear0: the operation takes a sequence, tokens or a vector, not an image; put one between that makes
// expect: it: global_avg_pool() a vector, patch_embedding(16, width) tokens, embedding(width) a sequence [wrong-kind]
//
// An operation reads certain kinds of tensors. Where neighbours differ the compiler reads positions, pixels and tokens
// as each other; a vector it never makes or takes apart by itself, because there is more than one way to do so.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), batch_norm(), relu(), global_avg_pool(), linear(10));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), batch_norm(), relu(), linear(10));
#endif

static_assert(valid<net>());
