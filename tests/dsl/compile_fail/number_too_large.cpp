// expect: net: quantized_conv0: weight_bits of 64, at most 32 is possible; use 32 or less [number-too-large]
//
// Each number has a largest value that the language counts and the weights are made for: 1023 for kernels, 32 for bits,
// 4096 for repetitions, 64 for nodes and candidates, 1,048,576 for channels, and 2,147,483,647 for all elements of one
// example.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), quantized_conv(3, weight_bits(one_of(2, 4, 6))));
#else
inline constexpr auto net =
    search_space("net", image(3, 32, 32), conv(3, channels(16)), quantized_conv(3, weight_bits(one_of(2, 4, 64))));
#endif

static_assert(valid<net>());
