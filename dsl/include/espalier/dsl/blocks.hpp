#pragma once

#include <espalier/dsl/search_space.hpp>

namespace espalier::dsl {

/// ReLU, depthwise and pointwise convolution, batch normalization, twice; the first strides (DARTS' SepConv).
constexpr auto sep_conv(int size) {
  return block(label("sep_conv", 0).sized(size), relu(), depthwise_conv(size), conv(1), batch_norm(), relu(),
               depthwise_conv(size), conv(1), batch_norm());
}

/// ReLU, dilated depthwise and pointwise convolution, batch normalization (DARTS' DilConv).
constexpr auto dil_conv(int size) {
  return block(label("dil_conv", 0).sized(size), relu(), depthwise_conv(size, dilation(2)), conv(1), batch_norm());
}

/// What a block computes, added to what it reads; the block keeps the shape.
template <std::size_t... N>
constexpr auto residual(expression<N> const&... parts) {
  return sum(skip_connect(), sequence(parts...));
}

} // namespace espalier::dsl
