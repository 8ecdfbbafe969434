// expect: operation_does_not_take_a_tensor_of_this_kind
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr auto space =
    search_space("space", image(3, 32, 32), conv(3, channels(16)), global_avg_pool(), linear(10));
#else
inline constexpr auto space = search_space("space", image(3, 32, 32), conv(3, channels(16)), linear(10));
#endif
