// expect: keep_is_not_between_one_and_the_predecessors_of_the_first_node
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice(sep_conv(3), sep_conv(5)));
#else
inline constexpr auto normal = cell("normal", nodes(4), keep(3), choice(sep_conv(3), sep_conv(5)));
#endif
inline constexpr auto space = search_space("space", image(3, 32, 32), normal(16));
