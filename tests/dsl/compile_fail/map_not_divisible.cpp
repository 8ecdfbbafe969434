// expect: net: patch_embedding0: a map of 200 pixels is no multiple of patches of 16; choose a resolution that the
// expect: patches divide [map-not-divisible]
//
// A patch embedding cuts the image into squares without a rest, at every resolution of the space.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", image(3, resolution(192, 224, step(16))), patch_embedding(16, 192),
                                         position_embedding(), attention(3));
#else
inline constexpr auto net = search_space("net", image(3, resolution(192, 224, step(8))), patch_embedding(16, 192),
                                         position_embedding(), attention(3));
#endif

static_assert(valid<net>());
