// expect: net: repeat0/sequence0/factorized_reduce0: a map of 7 pixels is no multiple of 2, so that halving it loses a
// expect: row; make the input a multiple of all strides together [odd-map-halved]
//
// A factorized reduction, also that of a skip connection in a reduction cell, reads the even and the odd pixels of a
// map: it needs as many of both. A strided convolution rounds up, and may have made the map odd before.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(1, 32, 32), conv(3, channels(16)),
                                         repeat(3, sequence(relu(), factorized_reduce(), batch_norm())));
#else
inline constexpr auto net = search_space("net", image(1, 28, 28), conv(3, channels(16)),
                                         repeat(3, sequence(relu(), factorized_reduce(), batch_norm())));
#endif

static_assert(valid<net>());
