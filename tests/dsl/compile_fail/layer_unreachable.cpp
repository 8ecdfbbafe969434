// expect: net: layer_chain0/conv: no chain arrives at layer 0 of 2; let it follow "start", or a layer that a chain
// expect: arrives at [layer-unreachable]
//
// A layer that no chain from the start arrives at is in no architecture.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto chain = layer_chain(6, chain_layer("conv", after("start", "conv", "pool"), conv(3, channels(32))),
                                          chain_layer("pool", after("conv"), max_pool(2, stride(2), padded(0))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#else
inline constexpr auto chain = layer_chain(6, chain_layer("conv", after("conv", "pool"), conv(3, channels(32))),
                                          chain_layer("pool", after("conv"), max_pool(2, stride(2), padded(0))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#endif

static_assert(valid<net>());
