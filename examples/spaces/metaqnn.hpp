#pragma once

#include <espalier/dsl.hpp>

/// MetaQNN (Baker, Gupta, Naik, Raskar, ICLR 2017, section 4.1 and table 1): a chain of layers, each of which may
/// follow only some others, and only where the representation is large, or small, enough.
namespace spaces::metaqnn {

using namespace espalier::dsl;

constexpr auto convolution(int kernel) {
  return block(label("conv").sized(kernel), require(input_size > kernel),
               conv(kernel, channels(one_of(64, 128, 256, 512))), relu());
}
constexpr auto pooling(int kernel, int step) {
  return block(label("max_pool").sized(kernel), require(input_size > kernel),
               max_pool(kernel, stride(step), padded(0)));
}
constexpr auto first_dense(label name, int width) {
  return block(name, require(input_size <= 7), flatten(), linear(width), relu());
}
constexpr auto second_dense(label name, int width) {
  return block(name, require(input_channels >= width), linear(width), relu());
}

// clang-format off
constexpr auto network(label name, tensor_type input, int layer_limit) {
  return search_space(name, input, layer_chain(layer_limit,
      chain_layer("conv", after("start", "conv", "pool"), choice(convolution(1), convolution(3), convolution(5))),
      chain_layer("pool", after("conv"), choice(pooling(5, 3), pooling(3, 2), pooling(2, 2))),
      chain_layer("fc", after("start", "conv", "pool"),
            choice(first_dense("fc512", 512), first_dense("fc256", 256), first_dense("fc128", 128))),
      chain_layer("second_fc", after("fc"),
            choice(second_dense("fc512", 512), second_dense("fc256", 256), second_dense("fc128", 128))),
      chain_layer("gap", after("start", "conv", "pool"), global_avg_pool())), linear(10));
}
// clang-format on
inline constexpr auto mnist = network("metaqnn-mnist", image(1, 28, 28), 12);
template <int Layers>
inline constexpr auto at_most = network("metaqnn-cifar10", image(3, 32, 32), Layers);
inline constexpr auto const& cifar10 = at_most<18>;

static_assert(count<mnist>() == 64'863'909'131'570);
static_assert(count<at_most<1>>() == 14 && count<at_most<2>>() == 206);
static_assert(count<at_most<3>>() == 2'978 && count<at_most<4>>() == 43'154);

} // namespace spaces::metaqnn
