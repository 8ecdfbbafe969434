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

/// Where the gradient of what is rectified goes: it is added to `to`; or, where `products` are given, written there,
/// and its sums and those of it times the rectified value are added to products[2, channels]. So many vectors of a
/// pixel lie side by side, from the channel on that it begins and ends with.
template <class T, int Channels, int SideBySide = 1>
struct rectified_gradient {
  using p = pixel<T, Channels>;
  using vector = typename p::vector;
  T const* rectified;
  T* to;
  T* products;
  vector sums[SideBySide];
  vector sums_of_products[SideBySide];

  [[gnu::always_inline]] void begin(int) {
    for (int k = 0; k < SideBySide; ++k)
      sums[k] = sums_of_products[k] = vector{};
  }
  [[gnu::always_inline]] void take(int from, int at, vector v, int k = 0) {
    auto const value = p::load(rectified + from);
    auto const g = p::where_positive(value, v);
    if (products == nullptr)
      return p::store(to + at, p::load(to + at) + g);
    p::store(to + at, g);
    sums[k] += g;
    sums_of_products[k] += g * value;
  }
  [[gnu::always_inline]] void end(int c) {
    for (int k = 0; k < SideBySide && products != nullptr; ++k, c += p::step) {
      p::store(products + c, p::load(products + c) + sums[k]);
      p::store(products + Channels + c, p::load(products + Channels + c) + sums_of_products[k]);
    }
  }
};

} // namespace espalier::kernels
