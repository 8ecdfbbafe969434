// expect: net: normal: the inputs of the cell have 32 and 8 pixels, neither the same nor the half; put at most one
// expect: reduction between two cells [cell-inputs-disagree]
//
// A cell reads the outputs of the two cells before it, and halves the older one where a reduction lies between them. It
// does not reduce further.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto edge = choice(max_pool(3), sep_conv(3));
#ifdef CONTROL
inline constexpr auto reduction = cell("reduction", nodes(2), keep(2), edge, stride(2));
inline constexpr auto normal = cell("normal", nodes(2), keep(2), edge);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(8)), reduction(16), normal(16));
#else
inline constexpr auto reduction = cell("reduction", nodes(2), keep(2), edge, stride(4));
inline constexpr auto normal = cell("normal", nodes(2), keep(2), edge);
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(8)), reduction(16), normal(16));
#endif

static_assert(valid<net>());
