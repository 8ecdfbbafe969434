// expect: net: where0: the constraint couples 16,384 combinations or more, at most 10,000 are counted; couple fewer
// expect: decisions [constraint-too-large]
//
// Combinations of the decisions that constraints couple are counted one by one, also while compiling. A chain of
// constraints couples all its decisions.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
constexpr auto width(label name) {
  return range(name, 64, 512, step(64));
}
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width("w1"))), conv(3, channels(width("w2"))),
                 conv(3, channels(width("w3"))), where(width("w1") <= width("w2") && width("w2") <= width("w3")));
#else
constexpr auto width(label name) {
  return range(name, 8, 1024, step(8));
}
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(width("w1"))), conv(3, channels(width("w2"))),
                 conv(3, channels(width("w3"))), where(width("w1") <= width("w2") && width("w2") <= width("w3")));
#endif

static_assert(valid<net>());
