#pragma once

#include <espalier/kernels/depthwise.hpp>
#include <espalier/kernels/pointwise.hpp>
#include <espalier/kernels/tables.hpp>

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

/// A depthwise and a pointwise convolution, some rows at a time, so that what is between them stays in cache.
template <class T, int Kernel, int Dilation, int Stride, int Height, int Width, int In, int Out, int Border>
class separable {
  using dw = depthwise<T, Kernel, Dilation, Stride, Height, Width, In, Border>;
  using pw = pointwise<T, In, Out>;
  using turned_pw = pointwise<T, Out, In>;
  using p_in = pixel<T, In>;
  using p_out = pixel<T, Out>;
  using in_map = typename dw::in_map;
  using between_map = typename dw::out_map;

  static constexpr int width = dw::out_width;
  static constexpr int block_rows = std::clamp(4096 / (width * In), 1, dw::out_height);
  static constexpr int block = block_rows * width; // pixels

  // `run(first row, number of rows as a constant)` for each block.
  template <class Run>
  [[gnu::always_inline]] static void for_each_block(Run run) {
    int y = 0;
    for (; y + block_rows <= dw::out_height; y += block_rows)
      run(y, std::integral_constant<int, block_rows>{});
    if constexpr (dw::out_height % block_rows != 0)
      run(y, std::integral_constant<int, dw::out_height % block_rows>{});
  }

  static void forward(T const* padded, T const* depthwise, T const* pointwise, T* u, T* moments, T* between) {
    for_each_block([&](int y, auto rows) {
      dw::rows(padded, depthwise, between, y, rows);
      T* const to = u + y * width * Out;
      typename pw::vector sums[pw::side_by_side];
      typename pw::vector squares[pw::side_by_side];
      pw::template run<rows * width>(
          between, pointwise,
          [&](int o) __attribute__((always_inline)) {
            for (int k = 0; k < pw::side_by_side; ++k) {
              sums[k] = p_out::load(moments + o + k * p_out::step);
              squares[k] = p_out::load(moments + Out + o + k * p_out::step);
            }
          },
          [&](int n, int o, typename pw::vector v, int k) __attribute__((always_inline)) {
            p_out::store(to + n * Out + o, v);
            sums[k] += v;
            squares[k] += v * v;
          },
          [&](int o) __attribute__((always_inline)) {
            for (int k = 0; k < pw::side_by_side; ++k) {
              p_out::store(moments + o + k * p_out::step, sums[k]);
              p_out::store(moments + Out + o + k * p_out::step, squares[k]);
            }
          });
    });
  }

  [[gnu::always_inline]] static void normalized(normalized_gradient<T> const& in, int first, int pixels, T* to) {
    T const* const g = in.g + first * Out;
    T const* const u = in.u + first * Out;
    for (int i = 0; i < pixels * Out; i += Out)
#pragma GCC unroll 4
      for (int c = 0; c < Out; c += p_out::step)
        p_out::store(to + i + c, p_out::load(in.scale + c) * p_out::load(g + i + c) +
                                     p_out::load(in.slope + c) * p_out::load(u + i + c) + p_out::load(in.shift + c));
  }

  static void backward(T const* padded, T const* depthwise, T const* turned, normalized_gradient<T> const& in,
                       T* padded_gradient, T* g_depthwise, T* g_pointwise, T* scratch, T* gx) {
    T* const between = scratch;
    T* const gu = scratch + block * In;
    for_each_block([&](int y, auto rows) {
      normalized(in, y * width, rows * width, gu);
      if (g_pointwise != nullptr) {
        dw::rows(padded, depthwise, between, y, rows); // again, instead of keeping it
        pw::add_weight_gradient(between, gu, g_pointwise, rows * width);
      }
      turned_pw::template run<rows * width>(
          gu, turned, [](int) {},
          [&](int n, int c, typename turned_pw::vector v, int) __attribute__((always_inline)) {
            p_in::store(padded_gradient + between_map::at(y + n / width, n % width) + c, v);
          },
          [](int) {});
    });
    if (g_depthwise != nullptr)
      dw::add_weight_gradient(padded, padded_gradient, g_depthwise);
    dw::input_gradient(
        padded_gradient, depthwise, [&](int y, int x, int c, typename p_in::vector v) __attribute__((always_inline)) {
          T* const to = gx + (y * Width + x) * In + c;
          auto const rectified = p_in::load(padded + in_map::at(y, x) + c);
          p_in::store(to, p_in::load(to) + p_in::where_positive(rectified, v));
        });
  }

public:
  static constexpr separable_table<T> table{in_map::size,     between_map::size,
                                            block*(In + Out), pad_rectified<T, Height, Width, In, Border>,
                                            forward,          backward};
};

} // namespace espalier::kernels
