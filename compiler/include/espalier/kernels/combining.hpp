#pragma once

#include <espalier/kernels/maps.hpp>
#include <espalier/kernels/tables.hpp>

#include <type_traits>

namespace espalier::kernels {

/// Sums of maps of so many channels.
template <class T, int Channels>
class combining {
  using p = pixel<T, Channels>;
  using vector = typename p::vector;

  static constexpr int unrolled = 4; // pixels, so that sums do not wait for one another

  // `run(first pixel, number of pixels as a constant)` for all of them.
  template <class Run>
  [[gnu::always_inline]] static void for_each_block(std::int64_t pixels, Run run) {
    std::int64_t n = 0;
    for (; n + unrolled <= pixels; n += unrolled)
      run(n * Channels, std::integral_constant<int, unrolled>{});
    for (; n < pixels; ++n)
      run(n * Channels, std::integral_constant<int, 1>{});
  }

  static void combine(T const* const* terms, T const* scales, T const* shift, std::int64_t count, std::int64_t pixels,
                      T* out) {
    for_each_block(
        pixels, [&](std::int64_t at, auto block) __attribute__((always_inline)) {
          for (int c = 0; c < Channels; c += p::step) {
            vector sums[block];
#pragma GCC unroll 4
            for (int j = 0; j < block; ++j)
              sums[j] = p::load(shift + c);
            for (std::int64_t k = 0; k < count; ++k) {
              vector const scale = p::load(scales + k * Channels + c);
#pragma GCC unroll 4
              for (int j = 0; j < block; ++j)
                sums[j] += scale * p::load(terms[k] + at + j * Channels + c);
            }
#pragma GCC unroll 4
            for (int j = 0; j < block; ++j)
              p::store(out + at + j * Channels + c, sums[j]);
          }
        });
  }

  static void add_sums(T const* g, int c, std::int64_t pixels, T* to) {
    vector sums[unrolled] = {};
    for_each_block(
        pixels, [&](std::int64_t at, auto block) __attribute__((always_inline)) {
#pragma GCC unroll 4
          for (int j = 0; j < block; ++j)
            sums[j] += p::load(g + at + j * Channels + c);
        });
    p::store(to, p::load(to) + ((sums[0] + sums[1]) + (sums[2] + sums[3])));
  }

  // Adds the sums over pixels of g x for so many terms, whose sums lie `Channels` apart.
  template <int Terms>
  static void add_products(T const* g, T const* const* terms, int c, std::int64_t pixels, T* to) {
    vector sums[Terms][unrolled] = {};
    for_each_block(
        pixels, [&](std::int64_t at, auto block) __attribute__((always_inline)) {
#pragma GCC unroll 4
          for (int j = 0; j < block; ++j) {
            vector const gradient = p::load(g + at + j * Channels + c);
#pragma GCC unroll 4
            for (int k = 0; k < Terms; ++k)
              sums[k][j] += gradient * p::load(terms[k] + at + j * Channels + c);
          }
        });
    for (int k = 0; k < Terms; ++k)
      p::store(to + k * Channels, p::load(to + k * Channels) + ((sums[k][0] + sums[k][1]) + (sums[k][2] + sums[k][3])));
  }

  static void correlate(T const* g, T const* const* terms, std::int64_t count, std::int64_t pixels, T* sums) {
    constexpr int together = 4;
    for (int c = 0; c < Channels; c += p::step) {
      add_sums(g, c, pixels, sums + c);
      std::int64_t k = 0;
      for (; k + together <= count; k += together)
        add_products<together>(g, terms + k, c, pixels, sums + (1 + k) * Channels + c);
      for (; k < count; ++k)
        add_products<1>(g, terms + k, c, pixels, sums + (1 + k) * Channels + c);
    }
  }

  static void add_scaled(T const* g, T const* scale, std::int64_t pixels, T* to) {
    for (std::int64_t i = 0; i < pixels * Channels; i += Channels)
      for (int c = 0; c < Channels; c += p::step)
        p::store(to + i + c, p::load(to + i + c) + p::load(scale + c) * p::load(g + i + c));
  }

public:
  static constexpr map_table<T> table{combine, correlate, add_scaled};
};

} // namespace espalier::kernels
