#pragma once

#include <espalier/dsl/operations.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace espalier::dsl {

/// A short name that lives in a constant: of a space, cell, block or decision.
struct label {
  static constexpr std::size_t capacity = 40;
  std::array<char, capacity> characters{};

  constexpr label() = default;
  template <std::size_t N>
  constexpr label(char const (&text)[N]) {
    static_assert(N <= capacity, "a name has at most 39 characters");
    for (std::size_t i = 0; i + 1 < N; ++i)
      characters[i] = text[i];
  }
  constexpr label& append(std::string_view text) {
    std::size_t end = view().size();
    for (char const c : text)
      characters[end++] = c;
    return *this;
  }
  constexpr label& append(int number) {
    if (number >= 10)
      append(number / 10);
    char const digit = static_cast<char>('0' + number % 10);
    return append({&digit, 1});
  }
  [[nodiscard]] constexpr std::string_view view() const {
    std::size_t length = 0;
    while (length < capacity && characters[length] != '\0')
      ++length;
    return {characters.data(), length};
  }
  constexpr bool operator==(label const&) const = default;
};

/// One operation of an expression, followed by the operations it holds: `size` counts it and them.
struct node {
  operation_declaration const* declaration = nullptr;
  std::uint32_t size = 1;
  attribute_values attributes{};
  label name{};

  constexpr bool operator==(node const&) const = default;
};

/// A piece of a search space: `N` operations in one flat constant. The type says only how many.
template <std::size_t N>
struct expression {
  std::array<node, N> nodes{};
};

namespace detail {

template <class Operation>
consteval expression<1> leaf(Operation const& operation) {
  return {{node{&declaration_of<Operation>, 1, to_values(operation), {}}}};
}

template <class Operation, std::size_t... N>
consteval auto join(Operation const& operation, label name, expression<N> const&... parts) {
  expression<1 + (N + ... + 0)> whole;
  whole.nodes[0] = {&declaration_of<Operation>, 1 + static_cast<std::uint32_t>((N + ... + 0)), to_values(operation),
                    name};
  std::size_t next = 1;
  auto const put = [&](auto const& part) {
    for (node const& n : part.nodes)
      whole.nodes[next++] = n;
  };
  (put(parts), ...);
  return whole;
}

consteval label sized(label name, int kernel) {
  return name.append("_").append(kernel).append("x").append(kernel);
}

} // namespace detail

/// \name Named numbers, in any order after an operation's first one
/// @{
struct channels {
  int value;
  consteval explicit channels(int v) : value(v) {}
};
struct stride {
  int value;
  consteval explicit stride(int v) : value(v) {}
};
struct groups {
  int value;
  consteval explicit groups(int v) : value(v) {}
};
struct dilation {
  int value;
  consteval explicit dilation(int v) : value(v) {}
};
struct nodes {
  int value;
  consteval explicit nodes(int v) : value(v) {}
};
struct keep {
  int value;
  consteval explicit keep(int v) : value(v) {}
};
/// @}

namespace detail {

template <class Operation>
consteval void assign(Operation& operation, channels c) requires requires {
  operation.channels;
}
{ operation.channels = c.value; }
template <class Operation>
consteval void assign(Operation& operation, stride s) requires requires {
  operation.stride;
}
{ operation.stride = s.value; }
template <class Operation>
consteval void assign(Operation& operation, groups g) requires requires {
  operation.groups;
}
{ operation.groups = g.value; }
template <class Operation>
consteval void assign(Operation& operation, dilation d) requires requires {
  operation.dilation;
}
{ operation.dilation = d.value; }

template <class Operation, class... Numbers>
consteval Operation with(Operation operation, Numbers... numbers) {
  constexpr bool takes_them = (requires { assign(operation, numbers); } && ...);
  static_assert(
      takes_them,
      "this operation does not take these: named numbers such as channels(16), stride(2), groups(4), dilation(2)");
  if constexpr (takes_them)
    (assign(operation, numbers), ...);
  return operation;
}

} // namespace detail

} // namespace espalier::dsl
