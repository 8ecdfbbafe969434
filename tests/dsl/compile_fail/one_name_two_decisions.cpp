// expect: one_name_stands_for_two_different_decisions
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr int kernel = 5;
#else
inline constexpr int kernel = 7;
#endif
inline constexpr auto space =
    search_space("space", image(3, 32, 32), choice("op", conv(3), conv(5)), choice("op", conv(3), conv(kernel)));
