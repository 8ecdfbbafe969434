// expect: net: layer_chain0: the layers of the chain give more than 64 different shapes; let fewer layers follow each
// expect: other, or make several alternatives one with a number that is a decision [chain-too-large]
//
// Chains are counted by the last layer and the shape it gave. Many resolutions or widths that differ from layer to
// layer make too many such shapes.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto chain =
    layer_chain(12, chain_layer("conv", after("start", "conv"), choice(conv(3, channels(32)), conv(3, channels(64)))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#else
inline constexpr auto chain =
    layer_chain(12, chain_layer("conv", after("start", "conv"),
                                choice(conv(3, channels(2 * input_channels)), conv(3, channels(input_channels + 1)))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#endif

static_assert(valid<net>());
