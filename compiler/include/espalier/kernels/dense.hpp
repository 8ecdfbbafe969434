#pragma once

#include <espalier/kernels/pointwise.hpp>
#include <espalier/kernels/rectified.hpp>

namespace espalier::kernels {

/// A convolution from all channels to all, row by row.
template <class T, int Kernel, int Height, int Width, int In, int Out, int Border>
class dense {
  static constexpr int padding = Kernel / 2;
  static_assert(Border >= padding);
  using in_map = padded_map<T, Height, Width, In, Border>;
  using gradient_map = padded_map<T, Height, Width, Out, padding>;
  using product = pointwise<T, In, Out, Kernel, in_map::row>;
  using turned_product = pointwise<T, Out, In, Kernel, gradient_map::row>;
  using p_in = pixel<T, In>;

  static void forward(T const* padded, T const*, T const* full, T* u, T* moments, T*) {
    for (int y = 0; y < Height; ++y) {
      measured<T, product, Out> result{u + y * Width * Out, moments, {}, {}};
      result.template run<Width>(padded + in_map::at(y - padding, -padding), full);
    }
  }

  static void backward(T const* padded, T const*, T const* turned, normalized_gradient<T> const& in, T* padded_gradient,
                       T*, T* g_full, T*, T* gx, T* products) {
    for (int y = 0; y < Height; ++y)
      normalized_pixels<T, Out>(in, y * Width, Width, padded_gradient + gradient_map::at(y, 0));
    if (g_full != nullptr)
      for (int y = 0; y < Height; ++y)
        for (int k = 0; k < Kernel * Kernel; ++k)
          pointwise<T, In, Out>::add_weight_gradient(
              padded + in_map::at(y + k / Kernel - padding, k % Kernel - padding),
              padded_gradient + gradient_map::at(y, 0), g_full + k * In * Out, Width);
    if (gx == nullptr)
      return;
    rectified_gradient<T, In, turned_product::side_by_side> to{padded, gx, products, {}, {}};
    for (int y = 0; y < Height; ++y)
      turned_product::template run<Width>(
          padded_gradient + gradient_map::at(y - padding, -padding),
          turned, [&](int c) __attribute__((always_inline)) { to.begin(c); },
          [&](int x, int c, typename turned_product::vector v, int k)
              __attribute__((always_inline)) { to.take(in_map::at(y, x) + c, (y * Width + x) * In + c, v, k); },
          [&](int c) __attribute__((always_inline)) { to.end(c); });
  }

public:
  static constexpr stage_table<T> table{
      in_map::size, gradient_map::size, 0, pad_rectified<T, Height, Width, In, Border>, forward, backward};
};

} // namespace espalier::kernels
