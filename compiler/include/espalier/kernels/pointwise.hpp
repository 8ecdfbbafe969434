#pragma once

#include <espalier/kernels/maps.hpp>

namespace espalier::kernels {

/// A product of pixels [n, In] with a matrix [In, Out]; or a sum of such products for the pixels of a window, with
/// matrices [Kernel, Kernel, In, Out], where `Row` numbers lie between a pixel and that below it.
template <class T, int In, int Out, int Kernel = 1, int Row = 0>
struct pointwise {
  using p = pixel<T, Out>;
  using vector = typename p::vector;
  static constexpr int side_by_side = p::vectors % 2 == 0 ? 2 : 1; // vectors of a tile
  static constexpr int tile = 8;                                   // pixels of a tile

  /// `begin(channel)` and `end(channel)` stand around the vectors from a channel on; `done(pixel, channel, vector,
  /// which of those side by side)` takes each result.
  template <int Pixels, class Begin, class Done, class End>
  [[gnu::always_inline]] static void run(T const* x, T const* w, Begin begin, Done done, End end) {
    for (int o = 0; o < Out; o += side_by_side * p::step) {
      begin(o);
      for (int n = 0; n + tile <= Pixels; n += tile)
        run_tile<tile>(x, w, o, n, done);
      if constexpr (Pixels % tile != 0)
        run_tile<Pixels % tile>(x, w, o, Pixels - Pixels % tile, done);
      end(o);
    }
  }

  /// Adds x^T g to gw [In, Out], for g of so many pixels [n, Out].
  static void add_weight_gradient(T const* x, T const* g, T* gw, int pixels) {
    for (int o = 0; o < Out; o += side_by_side * p::step) {
      for (int i = 0; i + tile <= In; i += tile)
        add_tile<tile>(x, g, gw, pixels, o, i);
      if constexpr (In % tile != 0)
        add_tile<In % tile>(x, g, gw, pixels, o, In - In % tile);
    }
  }

private:
  template <int Tile, class Done>
  [[gnu::always_inline]] static void run_tile(T const* x, T const* w, int o, int n, Done done) {
    vector sums[Tile][side_by_side] = {};
    for (int ky = 0; ky < Kernel; ++ky)
      for (int i = 0; i < Kernel * In; ++i) { // the columns of a window lie side by side
        vector row[side_by_side];
#pragma GCC unroll 4
        for (int k = 0; k < side_by_side; ++k)
          row[k] = p::load(w + (ky * Kernel * In + i) * Out + o + k * p::step);
#pragma GCC unroll 16
        for (int j = 0; j < Tile; ++j)
#pragma GCC unroll 4
          for (int k = 0; k < side_by_side; ++k)
            sums[j][k] += row[k] * x[ky * Row + (n + j) * In + i];
      }
#pragma GCC unroll 4
    for (int k = 0; k < side_by_side; ++k)
#pragma GCC unroll 16
      for (int j = 0; j < Tile; ++j)
        done(n + j, o + k * p::step, sums[j][k], k);
  }

  template <int Tile>
  [[gnu::always_inline]] static void add_tile(T const* x, T const* g, T* gw, int pixels, int o, int i) {
    vector sums[Tile][side_by_side];
    for (int j = 0; j < Tile; ++j)
      for (int k = 0; k < side_by_side; ++k)
        sums[j][k] = p::load(gw + (i + j) * Out + o + k * p::step);
    for (int n = 0; n < pixels; ++n) {
      vector row[side_by_side];
#pragma GCC unroll 4
      for (int k = 0; k < side_by_side; ++k)
        row[k] = p::load(g + n * Out + o + k * p::step);
#pragma GCC unroll 16
      for (int j = 0; j < Tile; ++j)
#pragma GCC unroll 4
        for (int k = 0; k < side_by_side; ++k)
          sums[j][k] += row[k] * x[n * In + i + j];
    }
    for (int j = 0; j < Tile; ++j)
      for (int k = 0; k < side_by_side; ++k)
        p::store(gw + (i + j) * Out + o + k * p::step, sums[j][k]);
  }
};

/// Writes the results of products to `to`, `Stride` numbers a pixel, and adds the sums of their values and of their
/// squares to moments[2, Stride].
template <class T, class Product, int Stride>
struct measured {
  using p = typename Product::p;
  using vector = typename Product::vector;
  T* to;
  T* moments;
  vector sums[Product::side_by_side];
  vector squares[Product::side_by_side];

  [[gnu::always_inline]] void begin(int o) {
    for (int k = 0; k < Product::side_by_side; ++k) {
      sums[k] = p::load(moments + o + k * p::step);
      squares[k] = p::load(moments + Stride + o + k * p::step);
    }
  }
  [[gnu::always_inline]] void take(int n, int o, vector v, int k) {
    p::store(to + n * Stride + o, v);
    sums[k] += v;
    squares[k] += v * v;
  }
  [[gnu::always_inline]] void end(int o) {
    for (int k = 0; k < Product::side_by_side; ++k) {
      p::store(moments + o + k * p::step, sums[k]);
      p::store(moments + Stride + o + k * p::step, squares[k]);
    }
  }

  /// So many products.
  template <int Pixels>
  [[gnu::always_inline]] void run(T const* x, T const* w) {
    Product::template run<Pixels>(
        x, w, [this](int o) __attribute__((always_inline)) { begin(o); },
        [this](int n, int o, vector v, int k) __attribute__((always_inline)) { take(n, o, v, k); },
        [this](int o) __attribute__((always_inline)) { end(o); });
  }
};

} // namespace espalier::kernels
