// expect: candidates_of_the_choice_end_in_different_shapes
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr int wide = 16;
#else
inline constexpr int wide = 32;
#endif
inline constexpr auto space = search_space(
    "space", image(3, 32, 32), choice(conv(3, channels(16)), conv(5, channels(wide))), global_avg_pool(), linear(10));
