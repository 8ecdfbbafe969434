// expect: choice_lists_the_same_candidate_twice
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr auto space = search_space("space", image(3, 32, 32), choice(conv(3), conv(5)));
#else
inline constexpr auto space = search_space("space", image(3, 32, 32), choice(conv(3), conv(3)));
#endif
