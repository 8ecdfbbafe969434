// expect: net: layer_chain0/pool/convolution: layer 1 of 2 follows a name that is no layer of the chain; name a layer
// expect: of the same chain, or "start" [unknown-layer]
//
// The layers of a chain name those that they may follow.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto chain = layer_chain(6, chain_layer("conv", after("start", "conv", "pool"), conv(3, channels(32))),
                                          chain_layer("pool", after("conv"), max_pool(2, stride(2), padded(0))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#else
inline constexpr auto chain = layer_chain(6, chain_layer("conv", after("start", "conv", "pool"), conv(3, channels(32))),
                                          chain_layer("pool", after("convolution"), max_pool(2, stride(2), padded(0))));
inline constexpr auto net = search_space("net", image(3, 32, 32), chain, linear(10));
#endif

static_assert(valid<net>());
