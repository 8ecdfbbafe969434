// expect: net: budget0: a budget of 100,000 multiply-adds is below the 442,528 of the smallest architecture; raise it,
// expect: or add cheaper candidates [budget-below-minimum]
//
// No architecture keeps a budget that is below what the smallest one costs. A search under it would never find one.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5), channels(16)), global_avg_pool(),
                                         linear(10), budget(macs(1'000'000)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5), channels(16)), global_avg_pool(),
                                         linear(10), budget(macs(100'000)));
#endif

static_assert(valid<net>());
