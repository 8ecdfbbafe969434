// expect: net: where0: the constraint reads heads, which exists only in a branch; put the constraint where all its
// expect: decisions exist [constraint-crosses-branches]
//
// A constraint stands where all its decisions exist: beside them in the same candidate, or outside of every choice.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 96, 128, 192);
inline constexpr auto heads_of = one_of("heads", 3, 4);
#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, 32, 32), patch_embedding(4, width), attention(heads_of),
                                         choice(skip_connect(), linear(width)), where(width % heads_of == 0));
#else
inline constexpr auto net = search_space("net", image(3, 32, 32), patch_embedding(4, width),
                                         choice(attention(heads_of), linear(width)), where(width % heads_of == 0));
#endif

static_assert(valid<net>());
