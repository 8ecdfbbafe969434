// expect: kernel_is_even_use_an_odd_one
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr auto space = search_space("space", image(3, 32, 32), conv(5, channels(16)));
#else
inline constexpr auto space = search_space("space", image(3, 32, 32), conv(4, channels(16)));
#endif
