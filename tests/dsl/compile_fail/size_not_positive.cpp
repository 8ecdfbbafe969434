// expect: net: conv0: dilation of 0, at least 1 is needed; use 1 or more [size-not-positive]
//
// Kernels, channels, strides, dilations, heads, nodes, repetitions and the sides of the input are at least 1. A
// dilation of 1 is none.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16), dilation(1)), batch_norm());
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16), dilation(0)), batch_norm());
#endif

static_assert(valid<net>());
