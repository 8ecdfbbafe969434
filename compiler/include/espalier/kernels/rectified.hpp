#pragma once

#include <espalier/kernels/maps.hpp>
#include <espalier/kernels/tables.hpp>

/// What stands around the convolutions of every stage.
namespace espalier::kernels {

/// relu(scale x + shift) of a map, or relu(x) where `scale` is null, inside a border of zeros.
template <class T, int Height, int Width, int Channels, int Border>
void pad_rectified(T const* x, T const* scale, T const* shift, T* padded) {
  using map = padded_map<T, Height, Width, Channels, Border>;
  using p = pixel<T, Channels>;
  if (scale == nullptr)
    map::fill(
        x, padded, [](int, auto v) __attribute__((always_inline)) { return p::positive(v); });
  else
    map::fill(
        x, padded, [&](int c, auto v) __attribute__((always_inline)) {
          return p::positive(v * p::load(scale + c) + p::load(shift + c));
        });
}

/// The gradient of so many pixels of u, from the first one on.
template <class T, int Channels>
[[gnu::always_inline]] inline void normalized_pixels(normalized_gradient<T> const& in, int first, int pixels, T* to) {
  using p = pixel<T, Channels>;
  T const* const g = in.g + first * Channels;
  T const* const u = in.u + first * Channels;
  for (int i = 0; i < pixels * Channels; i += Channels)
#pragma GCC unroll 4
    for (int c = 0; c < Channels; c += p::step)
      p::store(to + i + c, p::load(in.scale + c) * p::load(g + i + c) + p::load(in.slope + c) * p::load(u + i + c) +
                               p::load(in.shift + c));
}

/// Adds a gradient where the rectified value is not 0.
template <class T, int Channels>
[[gnu::always_inline]] inline void add_rectified(typename pixel<T, Channels>::vector g, T const* rectified, T* to) {
  using p = pixel<T, Channels>;
  p::store(to, p::load(to) + p::where_positive(p::load(rectified), g));
}

} // namespace espalier::kernels
