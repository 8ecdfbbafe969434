#pragma once

#include <espalier/dsl/cardinality.hpp>

#include <bit>
#include <cstdint>

namespace espalier::compiler {

/// A small, fast and reproducible generator, the same on every machine: xoshiro256++ (Blackman and Vigna, "Scrambled
/// linear pseudorandom number generators", 2021), seeded with splitmix64 as they recommend.
class random_generator {
public:
  using result_type = std::uint64_t;
  explicit random_generator(std::uint64_t seed);

  std::uint64_t operator()() {
    auto const result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    auto const shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// Uniform in [0, bound).
  std::uint32_t below(std::uint32_t bound) { return below(bound, static_cast<std::uint32_t>((*this)() >> 32U)); }
  /// Uniform in [0, bound), from 32 random bits at hand; more are drawn in the rare case that these favour a number
  /// (Lemire, "Fast random integer generation in an interval", 2019, algorithm 5).
  std::uint32_t below(std::uint32_t bound, std::uint32_t bits) {
    auto product = std::uint64_t{bits} * bound;
    if (static_cast<std::uint32_t>(product) <= bound - 1) [[unlikely]] // also where the bound is 0
      product = unbiased(bound, product);
    return static_cast<std::uint32_t>(product >> 32U);
  }
  /// Uniform in [0, bound).
  dsl::cardinality below(dsl::cardinality const& bound);
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11U) * 0x1p-53; }

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

private:
  std::uint64_t unbiased(std::uint32_t bound, std::uint64_t product);

  std::uint64_t state_[4];
};

} // namespace espalier::compiler
