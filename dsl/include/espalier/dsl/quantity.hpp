#pragma once

#include <cstdint>

namespace espalier::dsl {

/// A whole number that may depend on decisions: all it can be lies in low, low + step, ..., high.
///
/// Arithmetic on quantities is arithmetic on everything they can be. Two quantities are equal when they are equal in
/// every combination of decisions: they are the same constant, or the same expression over the same decisions.
struct quantity {
  long long low = 0;
  long long high = 0;
  long long step = 0;       ///< Divides every difference between two values; 0 for a constant.
  std::uint64_t symbol = 0; ///< Identifies the expression over decisions; 0 for a constant.
  long long multiple = 0;   ///< Of a decision: what every value divides; 0 where that is not known.

  constexpr quantity() = default;
  constexpr quantity(long long value) : low(value), high(value) {} // NOLINT(google-explicit-constructor)
  constexpr quantity(long long l, long long h, long long s, std::uint64_t id) : low(l), high(h), step(s), symbol(id) {}

  [[nodiscard]] constexpr bool is_constant() const { return symbol == 0; }
  /// Whether this is the word `inherited` or `depthwise`, or any other constant.
  [[nodiscard]] constexpr bool is(long long value) const { return symbol == 0 && low == value; }
  /// Whether every value is a multiple of every value of `divisor`.
  [[nodiscard]] constexpr bool is_multiple_of(quantity const& divisor) const;

  /// Equal in every combination of decisions.
  friend constexpr bool operator==(quantity const& a, quantity const& b) {
    return a.symbol == b.symbol && (a.symbol != 0 || a.low == b.low);
  }
};

namespace detail {

constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t h = (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6U) + (a >> 2U))) * 0xbf58476d1ce4e5b9ULL;
  h ^= h >> 29U;
  return h | 1U; // never that of a constant
}

constexpr std::uint64_t identity(quantity const& q) {
  return q.is_constant() ? mixed(0x517cc1b7, static_cast<std::uint64_t>(q.low)) : q.symbol;
}

constexpr std::uint64_t identity(char operation, quantity const& a, quantity const& b) {
  return mixed(mixed(static_cast<std::uint64_t>(operation), identity(a)), identity(b));
}

constexpr std::uint64_t identity_in_any_order(char operation, quantity const& a, quantity const& b) {
  return identity(a) < identity(b) ? identity(operation, a, b) : identity(operation, b, a);
}

constexpr long long magnitude(long long a) {
  return a < 0 ? -a : a;
}

constexpr long long common_divisor(long long a, long long b) {
  while (b != 0) {
    long long const rest = a % b;
    a = b;
    b = rest;
  }
  return magnitude(a);
}

// The least number that both divide; 0 where it is large or one of them is not positive.
constexpr long long common_multiple(long long a, long long b) {
  if (a < 1 || b < 1)
    return 0;
  long long const multiple = a / common_divisor(a, b) * b;
  return multiple > 1'000'000 ? 0 : multiple;
}

// The smallest and largest of f at the corners of two intervals: exact where f rises or falls in each argument.
template <class Function>
constexpr quantity over_corners(quantity const& a, quantity const& b, Function f) {
  long long const values[] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)};
  quantity result = values[0];
  for (long long const v : values) {
    result.low = v < result.low ? v : result.low;
    result.high = v > result.high ? v : result.high;
  }
  return result;
}

} // namespace detail

constexpr quantity operator+(quantity const& a, quantity const& b) {
  if (a.symbol == 0 && b.symbol == 0)
    return a.low + b.low;
  if (a.is(0))
    return b;
  if (b.is(0))
    return a;
  return {a.low + b.low, a.high + b.high, detail::common_divisor(a.step, b.step),
          detail::identity_in_any_order('+', a, b)};
}

constexpr quantity operator-(quantity const& a, quantity const& b) {
  if (a == b)
    return 0;
  if (a.symbol == 0 && b.symbol == 0)
    return a.low - b.low;
  if (b.is(0))
    return a;
  return {a.low - b.high, a.high - b.low, detail::common_divisor(a.step, b.step), detail::identity('-', a, b)};
}

constexpr quantity operator*(quantity const& a, quantity const& b) {
  if (a.symbol == 0 && b.symbol == 0)
    return a.low * b.low;
  if (a.is(0) || b.is(0))
    return 0;
  if (a.is(1))
    return b;
  if (b.is(1))
    return a;
  auto product = detail::over_corners(a, b, [](long long x, long long y) { return x * y; });
  product.step = detail::common_divisor(detail::common_divisor(a.low * b.step, b.low * a.step), a.step * b.step);
  product.symbol = detail::identity_in_any_order('*', a, b);
  return product;
}

namespace detail {

constexpr quantity quotient(quantity const& a, quantity const& b, bool rounds_up) {
  if (a == b)
    return 1;
  if (b.is(1))
    return a;
  if (b.low < 1)
    return 0; // a rule refuses such a divisor before
  auto result = over_corners(a, b, [&](long long x, long long y) { return rounds_up ? (x + y - 1) / y : x / y; });
  if (a.symbol == 0 && b.symbol == 0)
    return result;
  bool const is_exact = b.is_constant() && a.low % b.low == 0 && a.step % b.low == 0;
  result.step = is_exact ? a.step / b.low : 1;
  result.symbol = identity(is_exact || !rounds_up ? '/' : '^', a, b);
  return result;
}

} // namespace detail

/// Rounded down.
constexpr quantity operator/(quantity const& a, quantity const& b) {
  return detail::quotient(a, b, false);
}

constexpr quantity divide_rounding_up(quantity const& a, quantity const& b) {
  return detail::quotient(a, b, true);
}

constexpr bool quantity::is_multiple_of(quantity const& divisor) const {
  if (*this == divisor)
    return true;
  if (divisor.low < 1)
    return false;
  if (divisor.is_constant())
    return low % divisor.low == 0 && step % divisor.low == 0;
  if (divisor.multiple != 0 && low % divisor.multiple == 0 && step % divisor.multiple == 0)
    return true;
  long long const stride = divisor.step > 0 ? divisor.step : 1;
  for (long long d = divisor.low; d <= divisor.high; d += stride)
    if (low % d != 0 || step % d != 0)
      return false;
  return true;
}

constexpr quantity operator%(quantity const& a, quantity const& b) {
  if (b.low < 1)
    return 0;
  if (a.symbol == 0 && b.symbol == 0)
    return a.low % b.low;
  if (a.is_multiple_of(b))
    return 0;
  return {0, b.high - 1, 1, detail::identity('%', a, b)};
}

namespace detail {

constexpr long long rounded(long long value, long long divisor) {
  long long nearest = (value + divisor / 2) / divisor * divisor;
  nearest = nearest < divisor ? divisor : nearest;
  return 10 * nearest < 9 * value ? nearest + divisor : nearest;
}

} // namespace detail

/// The nearest multiple of `divisor` that is not below 0.9 of the value (`make_divisible` of the MobileNets).
constexpr quantity round_to(long long divisor, quantity const& a) {
  if (a.is_constant())
    return detail::rounded(a.low, divisor);
  if (a.is_multiple_of(divisor) && a.low >= divisor)
    return a;
  return {detail::rounded(a.low, divisor), detail::rounded(a.high, divisor), divisor,
          detail::identity('r', a, divisor)};
}

} // namespace espalier::dsl
