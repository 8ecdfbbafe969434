// expect: net: normal/conv0: an edge of the cell gives 32 channels where its node needs 16; leave channels and stride
// expect: of edge operations unspecified: the cell sets them [edge-changes-shape]
//
// A cell decides the channels of its edges, and the stride of those from its inputs: all edges into a node are summed.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto normal = cell("normal", nodes(4), keep(2), choice(skip_connect(), conv(3)), conv(3));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#else
inline constexpr auto normal =
    cell("normal", nodes(4), keep(2), choice(skip_connect(), conv(3)), conv(3, channels(32)));
inline constexpr auto net = search_space("net", image(3, 32, 32), conv(3, channels(16)), normal(16));
#endif

static_assert(valid<net>());
