#pragma once

#include <espalier/kernels/maps.hpp>
#include <espalier/kernels/tables.hpp>

#include <limits>

namespace espalier::kernels {

enum class pool { maximum, average };

template <class T, pool Kind, int Kernel, int Stride, int Height, int Width, int Channels>
class pooling {
  using p = pixel<T, Channels>;
  using vector = typename p::vector;
  using index = typename vector_of<std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>, p::step>::type;
  using byte = typename vector_of<std::uint8_t, p::step>::type;
  static constexpr int padding = (Kernel - 1) / 2;
  static constexpr int out_height = (Height + 2 * padding - Kernel) / Stride + 1;
  static constexpr int out_width = (Width + 2 * padding - Kernel) / Stride + 1;

  struct range {
    int first;
    int last; // behind it
    [[nodiscard]] int size() const { return last - first; }
  };
  // The taps of a window that lie in the map.
  static range taps(int at, int size) {
    int const first = at * Stride - padding;
    return {std::max(0, -first), std::min(Kernel, size - first)};
  }

  // `visit(output pixel, first tap's input pixel, rows of taps, columns of taps)` for each window.
  template <class Visit>
  [[gnu::always_inline]] static void for_each_window(Visit visit) {
    for (int y = 0; y < out_height; ++y)
      for (int x = 0; x < out_width; ++x)
        visit((y * out_width + x) * Channels, ((y * Stride - padding) * Width + x * Stride - padding) * Channels,
              taps(y, Height), taps(x, Width));
  }
  // `visit(tap, offset of its pixel)` for each tap.
  template <class Visit>
  [[gnu::always_inline]] static void for_each_tap(range ys, range xs, Visit visit) {
    for (int ky = ys.first; ky < ys.last; ++ky)
      for (int kx = xs.first; kx < xs.last; ++kx)
        visit(ky * Kernel + kx, (ky * Width + kx) * Channels);
  }

  static void forward(T const* x, T* u, std::uint8_t* winners, T* moments) {
    for (int c = 0; c < Channels; c += p::step) {
      auto sum = p::load(moments + c);
      auto squares = p::load(moments + Channels + c);
      for_each_window([&](int to, int from, range ys, range xs) __attribute__((always_inline)) {
        vector v{};
        if constexpr (Kind == pool::maximum) {
          v = vector{} - std::numeric_limits<T>::infinity();
          index winner{};
          for_each_tap(
              ys, xs, [&](int tap, int offset) __attribute__((always_inline)) {
                auto const candidate = p::load(x + from + offset + c);
                auto const wins = (candidate > v) | (candidate != candidate);
                v = wins ? candidate : v;
                winner = wins ? index{} + tap : winner;
              });
          *reinterpret_cast<byte*>(winners + to + c) = converted<byte>(winner);
        } else {
          for_each_tap(
              ys, xs, [&](int, int offset) __attribute__((always_inline)) { v += p::load(x + from + offset + c); });
          v *= T{1} / static_cast<T>(ys.size() * xs.size());
        }
        p::store(u + to + c, v);
        sum += v;
        squares += v * v;
      });
      p::store(moments + c, sum);
      p::store(moments + Channels + c, squares);
    }
  }

  static void backward(normalized_gradient<T> const& in, std::uint8_t const* winners, T* gx) {
    for (int c = 0; c < Channels; c += p::step) {
      auto const scale = p::load(in.scale + c);
      auto const slope = p::load(in.slope + c);
      auto const shift = p::load(in.shift + c);
      for_each_window([&](int to, int from, range ys, range xs) __attribute__((always_inline)) {
        auto g = scale * p::load(in.g + to + c) + slope * p::load(in.u + to + c) + shift;
        index winner{};
        if constexpr (Kind == pool::maximum)
          winner = converted<index>(*reinterpret_cast<byte const*>(winners + to + c));
        else
          g *= T{1} / static_cast<T>(ys.size() * xs.size());
        for_each_tap(
            ys, xs, [&](int tap, int offset) __attribute__((always_inline)) {
              T* const at = gx + from + offset + c;
              if constexpr (Kind == pool::maximum)
                p::store(at, p::load(at) + (winner == tap ? g : vector{}));
              else
                p::store(at, p::load(at) + g);
            });
      });
    }
  }

  template <class To, class From>
  [[gnu::always_inline]] static To converted(From v) {
    if constexpr (p::step == 1)
      return static_cast<To>(v);
    else
      return __builtin_convertvector(v, To);
  }

public:
  static constexpr pool_table<T> table{forward, backward};
};

} // namespace espalier::kernels
