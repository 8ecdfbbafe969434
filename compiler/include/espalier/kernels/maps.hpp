#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Kernels over one map at a time: [height, width, channels], the channels of a pixel side by side. Every size is a
/// template argument, so that loops unroll and sums stay in registers.
namespace espalier::kernels {

#ifdef __AVX512F__
inline constexpr int vector_bytes = 64;
#else
inline constexpr int vector_bytes = 32;
#endif

/// The most numbers that fill a vector and divide the channels.
template <class T, int Channels>
inline constexpr int lanes = [] {
  int count = vector_bytes / static_cast<int>(sizeof(T));
  while (Channels % count != 0)
    count /= 2;
  return count;
}();

template <class T, int Lanes>
struct vector_of {
  using type [[gnu::vector_size(sizeof(T) * Lanes), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
};
template <class T>
struct vector_of<T, 1> {
  using type = T;
};

/// How the channels of a pixel are read.
template <class T, int Channels>
struct pixel {
  static constexpr int step = lanes<T, Channels>;
  static constexpr int vectors = Channels / step;
  using vector = typename vector_of<T, step>::type;

  [[gnu::always_inline]] static vector load(T const* from) { return *reinterpret_cast<vector const*>(from); }
  [[gnu::always_inline]] static void store(T* to, vector v) { *reinterpret_cast<vector*>(to) = v; }
  [[gnu::always_inline]] static vector positive(vector v) { return v > 0 ? v : vector{}; }
  [[gnu::always_inline]] static vector where_positive(vector condition, vector v) {
    return condition > 0 ? v : vector{};
  }
};

/// A map with `Border` more pixels of zeros on every side.
template <class T, int Height, int Width, int Channels, int Border>
struct padded_map {
  using p = pixel<T, Channels>;
  static constexpr int row = (Width + 2 * Border) * Channels;
  static constexpr int size = (Height + 2 * Border) * row;
  static constexpr int at(int y, int x) { return (y + Border) * row + (x + Border) * Channels; }

  /// Takes each pixel of `x` through `change(channel, vector)`. The border is left as it is.
  template <class Change>
  [[gnu::always_inline]] static void fill(T const* x, T* to, Change change) {
    for (int y = 0; y < Height; ++y) {
      T* const out = to + at(y, 0);
      T const* const in = x + y * Width * Channels;
      for (int i = 0; i < Width * Channels; i += Channels)
#pragma GCC unroll 4
        for (int c = 0; c < Channels; c += p::step)
          p::store(out + i + c, change(c, p::load(in + i + c)));
    }
  }
};

} // namespace espalier::kernels
