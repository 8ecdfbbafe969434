// expect: net: choice0/mbconv: candidates 0 and 1 have one name; give them different names: an architecture tells them
// expect: apart by these [candidate-name-reused]
//
// An architecture calls the candidate it takes by its name. Blocks that differ in a number can carry it in their names:
// label("mbconv").sized(5) reads mbconv_5x5.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
constexpr auto mbconv(int kernel) {
  return block(label("mbconv").sized(kernel), conv(1, channels(96)), depthwise_conv(kernel), conv(1, channels(16)));
}
inline constexpr auto net = search_space("net", image(3, 32, 32), choice(mbconv(3), mbconv(5)));
#else
constexpr auto mbconv(int kernel) {
  return block("mbconv", conv(1, channels(96)), depthwise_conv(kernel), conv(1, channels(16)));
}
inline constexpr auto net = search_space("net", image(3, 32, 32), choice(mbconv(3), mbconv(5)));
#endif

static_assert(valid<net>());
