#pragma once

#include <espalier/kernels/maps.hpp>

namespace espalier::kernels {

/// A depthwise convolution of a padded map; its weights are [Kernel, Kernel, channels].
template <class T, int Kernel, int Dilation, int Stride, int Height, int Width, int Channels, int Border>
struct depthwise {
  using p = pixel<T, Channels>;
  using vector = typename p::vector;
  static constexpr int padding = Kernel / 2 * Dilation;
  static constexpr int out_height = (Height - 1) / Stride + 1;
  static constexpr int out_width = (Width - 1) / Stride + 1;
  using in_map = padded_map<T, Height, Width, Channels, Border>;
  using out_map = padded_map<T, out_height, out_width, Channels, Border>; ///< Of the result's gradient.
  static_assert(Border >= padding);

  /// So many rows of the result, from one on.
  static void rows(T const* padded, T const* w, T* out, int first, int count) {
    constexpr int tile = std::min(out_width, 8);
    for (int c = 0; c < Channels; c += p::step)
      for (int y = 0; y < count; ++y) {
        T const* const in = padded + in_map::at((first + y) * Stride - padding, -padding) + c;
        T* const to = out + y * out_width * Channels + c;
        int x = 0;
        for (; x + tile <= out_width; x += tile)
          run_tile<tile>(in + x * Stride * Channels, w + c, to + x * Channels);
        if constexpr (out_width % tile != 0)
          run_tile<out_width % tile>(in + x * Stride * Channels, w + c, to + x * Channels);
      }
  }

  static void add_weight_gradient(T const* padded, T const* padded_gradient, T* gw) {
    for (int c = 0; c < Channels; c += p::step) {
      vector sums[Kernel * Kernel];
      for (int k = 0; k < Kernel * Kernel; ++k)
        sums[k] = p::load(gw + k * Channels + c);
      for (int y = 0; y < out_height; ++y) {
        T const* in = padded + in_map::at(y * Stride - padding, -padding) + c;
        T const* g = padded_gradient + out_map::at(y, 0) + c;
        for (int x = 0; x < out_width; ++x, in += Stride * Channels, g += Channels) {
          vector const gradient = p::load(g);
#pragma GCC unroll 64
          for (int k = 0; k < Kernel * Kernel; ++k)
            sums[k] += gradient * p::load(in + k / Kernel * Dilation * in_map::row + k % Kernel * Dilation * Channels);
        }
      }
      for (int k = 0; k < Kernel * Kernel; ++k)
        p::store(gw + k * Channels + c, sums[k]);
    }
  }

  /// `take(y, x, channel, vector)` is given the gradient of each pixel of the input; `begin(channel)` and
  /// `end(channel)` stand around many.
  template <class Begin, class Take, class End>
  [[gnu::always_inline]] static void input_gradient(T const* padded_gradient, T const* w, Begin begin, Take take,
                                                    End end) {
    for (int c = 0; c < Channels; c += p::step) {
      begin(c);
      input_gradient_of<0, 0>(padded_gradient, w, c, take);
      if constexpr (Stride == 2) {
        input_gradient_of<0, 1>(padded_gradient, w, c, take);
        input_gradient_of<1, 0>(padded_gradient, w, c, take);
        input_gradient_of<1, 1>(padded_gradient, w, c, take);
      }
      end(c);
    }
    static_assert(Stride <= 2);
  }

private:
  template <int Tile>
  [[gnu::always_inline]] static void run_tile(T const* in, T const* w, T* out) {
    vector sums[Tile] = {};
#pragma GCC unroll 8
    for (int ky = 0; ky < Kernel; ++ky) {
      vector row[Kernel];
#pragma GCC unroll 8
      for (int kx = 0; kx < Kernel; ++kx)
        row[kx] = p::load(w + (ky * Kernel + kx) * Channels);
#pragma GCC unroll 16
      for (int j = 0; j < Tile; ++j)
#pragma GCC unroll 8
        for (int kx = 0; kx < Kernel; ++kx)
          sums[j] += row[kx] * p::load(in + ky * Dilation * in_map::row + (j * Stride + kx * Dilation) * Channels);
    }
#pragma GCC unroll 16
    for (int j = 0; j < Tile; ++j)
      p::store(out + j * Channels, sums[j]);
  }

  // A pixel of the input whose coordinate is `parity` modulo the stride is read with some of the kernel's taps only.
  static constexpr int offset(int parity, int k) {
    return parity + padding - k * Dilation;
  }
  static constexpr bool reaches(int parity, int k) {
    return offset(parity, k) % Stride == 0;
  }

  template <int ParityY, int ParityX, class Take>
  [[gnu::always_inline]] static void input_gradient_of(T const* padded_gradient, T const* w, int c, Take take) {
    constexpr int columns = (Width - ParityX + Stride - 1) / Stride;
    constexpr int tile = std::min(columns, 8);
    if constexpr (columns > 0)
      for (int y = ParityY; y < Height; y += Stride) {
        T const* const g = padded_gradient + out_map::at(y / Stride, 0) + c;
        int x = 0;
        auto const take_tile = [&](int j, vector v) __attribute__((always_inline)) {
          take(y, (x + j) * Stride + ParityX, c, v);
        };
        for (; x + tile <= columns; x += tile)
          input_tile<ParityY, ParityX, tile>(g + x * Channels, w + c, take_tile);
        if constexpr (columns % tile != 0)
          input_tile<ParityY, ParityX, columns % tile>(g + x * Channels, w + c, take_tile);
      }
  }

  template <int ParityY, int ParityX, int Tile, class Take>
  [[gnu::always_inline]] static void input_tile(T const* g, T const* w, Take take) {
    vector sums[Tile] = {};
#pragma GCC unroll 8
    for (int ky = 0; ky < Kernel; ++ky) {
      if (!reaches(ParityY, ky))
        continue;
#pragma GCC unroll 8
      for (int kx = 0; kx < Kernel; ++kx) {
        if (!reaches(ParityX, kx))
          continue;
        vector const tap = p::load(w + (ky * Kernel + kx) * Channels);
        int const at = offset(ParityY, ky) / Stride * out_map::row + offset(ParityX, kx) / Stride * Channels;
#pragma GCC unroll 16
        for (int j = 0; j < Tile; ++j)
          sums[j] += tap * p::load(g + at + j * Channels);
      }
    }
#pragma GCC unroll 16
    for (int j = 0; j < Tile; ++j)
      take(j, sums[j]);
  }
};

} // namespace espalier::kernels
