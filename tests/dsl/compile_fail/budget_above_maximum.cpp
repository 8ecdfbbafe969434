// expect: net: budget0: a budget of 600,000,000 multiply-adds excludes nothing, the largest architecture has
// expect: 1,228,960; lower it, or remove it [budget-above-maximum]
//
// A budget that even the largest architecture keeps restricts nothing; often a digit or the unit is wrong.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5), channels(16)), global_avg_pool(),
                                         linear(10), budget(macs(600'000)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(one_of(3, 5), channels(16)), global_avg_pool(),
                                         linear(10), budget(macs(600'000'000)));
#endif

static_assert(valid<net>());
