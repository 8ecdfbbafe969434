#pragma once

#include <cstddef>
#include <string_view>

namespace espalier::dsl {

/// A short name that lives in a constant: of a space, cell, block or decision. Remembers the line it is written on.
struct label {
  static constexpr std::size_t capacity = 40;

  char const* text = "";
  int length = 0;
  int size = 0; ///< Of a kernel, when the name ends in it: `sep_conv` with 5 reads `sep_conv_5x5`.
  int line = 0;

  constexpr label() = default;
  template <std::size_t N>
  constexpr label(char const (&literal)[N], int written_on = __builtin_LINE()) // NOLINT(google-explicit-constructor)
      : text(literal), length(static_cast<int>(N) - 1), line(written_on) {
    static_assert(N > 1, "a name has at least one character");
    static_assert(N <= capacity, "a name has at most 39 characters");
  }
  constexpr explicit label(std::string_view owned_elsewhere)
      : text(owned_elsewhere.data()), length(static_cast<int>(owned_elsewhere.size())) {}

  /// The name with a kernel's size behind it.
  [[nodiscard]] constexpr label sized(int kernel) const {
    auto named = *this;
    named.size = kernel;
    return named;
  }

  [[nodiscard]] constexpr bool empty() const { return length == 0; }
  /// The name without a kernel's size.
  [[nodiscard]] constexpr std::string_view stem() const { return {text, static_cast<std::size_t>(length)}; }

  friend constexpr bool operator==(label const& a, label const& b) {
    return a.length == b.length && a.size == b.size && (a.length == 0 || a.stem() == b.stem());
  }

  /// Calls `put(std::string_view)` and `put(long long)` with the pieces of the name.
  template <class Put>
  constexpr void spell(Put put) const {
    put(stem());
    if (size != 0)
      put(std::string_view{"_"}), put(static_cast<long long>(size)), put(std::string_view{"x"}),
          put(static_cast<long long>(size));
  }
};

} // namespace espalier::dsl
