// expect: this operation does not take these
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
#ifdef CONTROL
inline constexpr auto space = search_space("space", image(3, 32, 32), max_pool(3, stride(2)));
#else
inline constexpr auto space = search_space("space", image(3, 32, 32), max_pool(3, groups(3)));
#endif
