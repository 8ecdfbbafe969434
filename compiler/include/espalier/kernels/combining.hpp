#pragma once

#include <espalier/kernels/maps.hpp>
#include <espalier/kernels/tables.hpp>

namespace espalier::kernels {

/// Sums of maps of so many channels.
template <class T, int Channels>
class combining {
  using p = pixel<T, Channels>;

  static void combine(T const* const* terms, T const* scales, T const* shift, std::int64_t count, std::int64_t pixels,
                      T* out) {
    for (int c = 0; c < Channels; c += p::step)
      for (std::int64_t i = c; i < pixels * Channels; i += Channels) {
        auto sum = p::load(shift + c);
        for (std::int64_t k = 0; k < count; ++k)
          sum += p::load(scales + k * Channels + c) * p::load(terms[k] + i);
        p::store(out + i, sum);
      }
  }

  static void correlate(T const* g, T const* const* terms, std::int64_t count, std::int64_t pixels, T* sums) {
    for (int c = 0; c < Channels; c += p::step) {
      auto sum = p::load(sums + c);
      for (std::int64_t i = c; i < pixels * Channels; i += Channels)
        sum += p::load(g + i);
      p::store(sums + c, sum);
      for (std::int64_t k = 0; k < count; ++k) {
        T* const to = sums + (1 + k) * Channels + c;
        auto product = p::load(to);
        for (std::int64_t i = c; i < pixels * Channels; i += Channels)
          product += p::load(g + i) * p::load(terms[k] + i);
        p::store(to, product);
      }
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
