#pragma once

#include <espalier/kernels/pointwise.hpp>
#include <espalier/kernels/rectified.hpp>

namespace espalier::kernels {

/// Half of the channels from the pixels of even rows and columns, the other half from those of odd ones.
template <class T, int Height, int Width, int In, int Out, int Border>
class factorized {
  static_assert(Height % 2 == 0 && Width % 2 == 0 && Out % 2 == 0);
  static constexpr int half = Out / 2;
  static constexpr int width = Width / 2;
  static constexpr int pixels = Height / 2 * width;
  using in_map = padded_map<T, Height, Width, In, Border>;
  using product = pointwise<T, In, half>;
  using turned_product = pointwise<T, half, In>;
  using p_in = pixel<T, In>;
  using p_half = pixel<T, half>;

  static constexpr int from(int n, int part) { return in_map::at(n / width * 2 + part, n % width * 2 + part); }

  // The pixels of one part side by side.
  static void gather(T const* padded, int part, T* to) {
    for (int n = 0; n < pixels; ++n)
      for (int c = 0; c < In; c += p_in::step)
        p_in::store(to + n * In + c, p_in::load(padded + from(n, part) + c));
  }

  static void forward(T const* padded, T const*, T const* full, T* u, T* moments, T* scratch) {
    for (int part = 0; part < 2; ++part) {
      gather(padded, part, scratch);
      measured<T, product, Out> result{u + part * half, moments + part * half, {}, {}};
      result.template run<pixels>(scratch, full + part * In * half);
    }
  }

  static void backward(T const* padded, T const*, T const* turned, normalized_gradient<T> const& in, T*, T*, T* g_full,
                       T* scratch, T* gx, T* products) {
    T* const g = scratch + pixels * In;
    if (products != nullptr)
      std::fill_n(gx, Height * Width * In, T{0}); // pixels of neither part
    for (int part = 0; part < 2; ++part) {
      for (int n = 0; n < pixels; ++n)
        for (int c = 0; c < half; c += p_half::step) {
          int const at = part * half + c;
          p_half::store(g + n * half + c, p_half::load(in.scale + at) * p_half::load(in.g + n * Out + at) +
                                              p_half::load(in.slope + at) * p_half::load(in.u + n * Out + at) +
                                              p_half::load(in.shift + at));
        }
      if (g_full != nullptr) {
        gather(padded, part, scratch);
        product::add_weight_gradient(scratch, g, g_full + part * In * half, pixels);
      }
      if (gx == nullptr)
        continue;
      rectified_gradient<T, In, turned_product::side_by_side> to{padded, gx, products, {}, {}};
      turned_product::template run<pixels>(
          g, turned + part * half * In, [&](int c) __attribute__((always_inline)) { to.begin(c); },
          [&](int n, int c, typename turned_product::vector v, int k) __attribute__((always_inline)) {
            to.take(from(n, part) + c, ((n / width * 2 + part) * Width + n % width * 2 + part) * In + c, v, k);
          },
          [&](int c) __attribute__((always_inline)) { to.end(c); });
    }
  }

public:
  static constexpr stage_table<T> table{
      in_map::size, 0, pixels*(In + half), pad_rectified<T, Height, Width, In, Border>, forward, backward};
};

} // namespace espalier::kernels
