#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace espalier::dsl {

/// A count of architectures: an unsigned 256-bit integer. A count beyond 2^256 is not a constant expression, and throws
/// at run time.
class cardinality {
public:
  constexpr cardinality() = default;
  constexpr cardinality(unsigned long long value) // NOLINT(google-explicit-constructor): counts mix with literals
      : limbs_{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32U)} {}

  constexpr cardinality& operator+=(cardinality const& other) {
    std::uint64_t carry = 0;
    std::size_t const used = other.used_limbs();
    for (std::size_t i = 0; i < limbs && (i < used || carry != 0); ++i) {
      carry += std::uint64_t{limbs_[i]} + other.limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0)
      count_exceeds_256_bits();
    return *this;
  }

  constexpr cardinality& operator*=(cardinality const& other) {
    std::size_t const used = other.used_limbs();
    if (used <= 1)
      return multiply(other.limbs_[0]);
    std::uint32_t product[2 * limbs]{};
    for (std::size_t i = used_limbs(); i-- > 0;) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < used || carry != 0; ++j) {
        carry += (j < used ? std::uint64_t{limbs_[i]} * other.limbs_[j] : 0) + product[i + j];
        product[i + j] = static_cast<std::uint32_t>(carry);
        carry >>= 32U;
      }
    }
    for (std::size_t i = 0; i < limbs; ++i) {
      if (product[limbs + i] != 0)
        count_exceeds_256_bits();
      limbs_[i] = product[i];
    }
    return *this;
  }

  /// Adds a * b: one pass where a is small.
  constexpr cardinality& add_product(cardinality const& a, cardinality const& b) {
    if (a.used_limbs() > 1)
      return *this += a * b;
    std::uint64_t carry = 0;
    std::size_t const used = b.used_limbs();
    for (std::size_t i = 0; i < limbs && (i < used || carry != 0); ++i) {
      carry += std::uint64_t{a.limbs_[0]} * b.limbs_[i] + limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0)
      count_exceeds_256_bits();
    return *this;
  }

  friend constexpr cardinality operator+(cardinality a, cardinality const& b) { return a += b; }
  friend constexpr cardinality operator*(cardinality a, cardinality const& b) { return a *= b; }
  constexpr bool operator==(cardinality const&) const = default;
  constexpr std::strong_ordering operator<=>(cardinality const& other) const {
    for (std::size_t i = limbs; i-- > 0;)
      if (auto const order = limbs_[i] <=> other.limbs_[i]; order != 0)
        return order;
    return std::strong_ordering::equal;
  }

  /// Divides by a small number and returns the remainder.
  constexpr std::uint32_t divide(std::uint32_t divisor) {
    std::uint64_t remainder = 0;
    for (std::size_t i = limbs; i-- > 0;) {
      remainder = (remainder << 32U) | limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(remainder / divisor);
      remainder %= divisor;
    }
    return static_cast<std::uint32_t>(remainder);
  }

  /// The nearest double.
  [[nodiscard]] constexpr double approximate() const {
    double value = 0;
    for (std::size_t i = limbs; i-- > 0;)
      value = value * 4294967296.0 + limbs_[i];
    return value;
  }

private:
  static constexpr std::size_t limbs = 8;
  // No limb behind so many is used.
  [[nodiscard]] constexpr std::size_t used_limbs() const {
    if ((limbs_[4] | limbs_[5] | limbs_[6] | limbs_[7]) != 0)
      return limbs;
    if ((limbs_[2] | limbs_[3]) != 0)
      return 4;
    return limbs_[1] != 0 ? 2 : 1;
  }
  // Most factors are small, and the compiler evaluates every step.
  constexpr cardinality& multiply(std::uint64_t factor) {
    std::uint64_t carry = 0;
    std::size_t const used = used_limbs();
    for (std::size_t i = 0; i < used; ++i) {
      carry += factor * limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0 && used == limbs)
      count_exceeds_256_bits();
    if (carry != 0)
      limbs_[used] = static_cast<std::uint32_t>(carry);
    return *this;
  }
  static void count_exceeds_256_bits() { throw "a search space of more than 2^256 architectures"; }

  std::uint32_t limbs_[limbs]{}; // least significant first
};

/// n over k.
constexpr cardinality binomial(int n, int k) {
  cardinality value = 1;
  for (int i = 1; i <= k; ++i) {
    value *= static_cast<unsigned long long>(n - k + i);
    value.divide(static_cast<std::uint32_t>(i));
  }
  return value;
}

/// value to the power of a small exponent.
constexpr cardinality power(cardinality const& value, int exponent) {
  cardinality result = 1;
  for (int i = 0; i < exponent; ++i)
    result *= value;
  return result;
}

} // namespace espalier::dsl
