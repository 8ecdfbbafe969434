// expect: this operation does not take these
//
// An operation takes the numbers of its declaration only; its reference page lists them.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), max_pool(3, stride(2)));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), max_pool(3, groups(3)));
#endif

static_assert(valid<net>());
