#pragma once

#include <espalier/kernels/depthwise.hpp>
#include <espalier/kernels/pointwise.hpp>
#include <espalier/kernels/rectified.hpp>

namespace espalier::kernels {

/// A depthwise and a pointwise convolution, some rows at a time, so that what is between them stays in cache.
template <class T, int Kernel, int Dilation, int Stride, int Height, int Width, int In, int Out, int Border>
class separable {
  using dw = depthwise<T, Kernel, Dilation, Stride, Height, Width, In, Border>;
  using pw = pointwise<T, In, Out>;
  using turned_pw = pointwise<T, Out, In>;
  using p_in = pixel<T, In>;
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
      measured<T, pw, Out> result{u + y * width * Out, moments, {}, {}};
      result.template run<rows * width>(between, pointwise);
    });
  }

  static void backward(T const* padded, T const* depthwise, T const* turned, normalized_gradient<T> const& in,
                       T* padded_gradient, T* g_depthwise, T* g_pointwise, T* scratch, T* gx, T* products) {
    T* const between = scratch;
    T* const gu = scratch + block * In;
    for_each_block([&](int y, auto rows) {
      normalized_pixels<T, Out>(in, y * width, rows * width, gu);
      if (g_pointwise != nullptr) {
        dw::rows(padded, depthwise, between, y, rows); // again, instead of keeping it
        pw::add_weight_gradient(between, gu, g_pointwise, rows * width);
      }
      for (int r = 0; r < rows; ++r) {
        T* const to = padded_gradient + between_map::at(y + r, 0);
        turned_pw::template run<width>(
            gu + r * width * Out, turned, [](int) {},
            [&](int n, int c, typename turned_pw::vector v, int)
                __attribute__((always_inline)) { p_in::store(to + n * In + c, v); },
            [](int) {});
      }
    });
    if (g_depthwise != nullptr)
      dw::add_weight_gradient(padded, padded_gradient, g_depthwise);
    if (gx == nullptr)
      return;
    rectified_gradient<T, In> to{padded, gx, products, {}, {}};
    dw::input_gradient(
        padded_gradient, depthwise, [&](int c) __attribute__((always_inline)) { to.begin(c); },
        [&](int y, int x, int c, typename p_in::vector v)
            __attribute__((always_inline)) { to.take(in_map::at(y, x) + c, (y * Width + x) * In + c, v); },
        [&](int c) __attribute__((always_inline)) { to.end(c); });
  }

public:
  static constexpr stage_table<T> table{in_map::size,     between_map::size,
                                        block*(In + Out), pad_rectified<T, Height, Width, In, Border>,
                                        forward,          backward};
};

} // namespace espalier::kernels
