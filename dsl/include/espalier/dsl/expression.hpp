#pragma once

#include <espalier/dsl/declaration.hpp>
#include <espalier/dsl/label.hpp>

#include <cstdint>
#include <initializer_list>

namespace espalier::dsl {

/// One operation of an expression, followed by what it holds: first the numbers that are decisions, in the order of
/// their attributes, then operations. `size` counts it and all of them.
struct node {
  operation_declaration const* declaration = nullptr;
  std::uint32_t size = 1;
  std::uint32_t decided = 0; ///< A bit for each attribute whose number is held.
  attribute_values attributes{};
  label name{};
};

namespace detail {

// One step for the compiler, where comparing the arrays would be dozens.
constexpr bool same_numbers(node const& a, node const& b) {
  static_assert(max_attributes == 8);
  auto const& x = a.attributes.items;
  auto const& y = b.attributes.items;
  return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3] && x[4] == y[4] && x[5] == y[5] && x[6] == y[6] &&
         x[7] == y[7];
}

} // namespace detail

/// Two nodes that say the same, whatever they hold.
constexpr bool operator==(node const& a, node const& b) {
  return a.declaration == b.declaration && a.size == b.size && a.decided == b.decided && a.name == b.name &&
         detail::same_numbers(a, b);
}

/// A piece of a search space: `N` operations in one flat constant. The type says only how many.
template <std::size_t N>
struct expression {
  node nodes[N]{};
};

/// A number over decisions, as `N` nodes; without nodes, a constant.
template <std::size_t N>
struct number {
  node nodes[N]{};
};
template <>
struct number<0> {
  int value = 0;
};

/// A condition over decisions.
template <std::size_t N>
struct condition {
  node nodes[N]{};
};

namespace detail {

/// A named number: `channels(16)`.
template <class Name, std::size_t N>
struct setting {
  number<N> value;
};

// A setting without its types.
struct given_number {
  std::size_t attribute = 0;
  int value = 0;
  node const* nodes = nullptr;
  std::size_t size = 0;
};

template <class Operation, class Name, std::size_t N>
constexpr given_number given(setting<Name, N> const& s) {
  constexpr auto at = declaration_of<Operation>.index_of(Name::text);
  if constexpr (N == 0)
    return {at, s.value.value, nullptr, 0};
  else
    return {at, 0, s.value.nodes, N};
}
template <class Operation, std::size_t N>
constexpr given_number given(expression<N> const& held) {
  return {max_attributes, 0, held.nodes, N};
}

template <class Operation, class Part>
inline constexpr bool takes = false;
template <class Operation, class Name, std::size_t N>
inline constexpr bool
    takes<Operation, setting<Name, N>> = declaration_of<Operation>.index_of(Name::text) < max_attributes;
template <class Operation, std::size_t N>
inline constexpr bool takes<Operation, expression<N>> = !declaration_of<Operation>.is_leaf();

template <class Part>
inline constexpr std::size_t nodes_in = 0;
template <class Name, std::size_t N>
inline constexpr std::size_t nodes_in<setting<Name, N>> = N;
template <std::size_t N>
inline constexpr std::size_t nodes_in<expression<N>> = N;

template <class Operation>
inline constexpr attribute_values presets = [] {
  attribute_values values{};
  for (std::size_t i = 0; i < declaration_of<Operation>.attribute_count; ++i)
    values[i] = declaration_of<Operation>.attributes[i].preset;
  return values;
}();

// Writes an operation, the numbers it holds in the order of its attributes, and then the operations it holds.
constexpr void write(node* into, node head, given_number const* parts, std::size_t count) {
  node* next = into + 1;
  for (std::size_t i = 0; i < count; ++i)
    if (auto const a = parts[i].attribute; a < max_attributes) {
      if (parts[i].size > 0)
        head.decided |= 1U << a;
      else
        head.attributes.items[a] = parts[i].value;
    }
  for (std::size_t a = head.decided == 0 ? max_attributes : 0; a <= max_attributes; ++a)
    for (std::size_t i = 0; i < count; ++i)
      if (parts[i].attribute == a)
        for (std::size_t k = 0; k < parts[i].size; ++k)
          *next++ = parts[i].nodes[k];
  *into = head;
}

// A fold, of as many parts as one likes: clang nests folds no deeper than 256.
constexpr bool all(std::initializer_list<bool> parts) {
  for (bool const part : parts)
    if (!part)
      return false;
  return true;
}
constexpr std::size_t total(std::initializer_list<std::size_t> parts) {
  std::size_t sum = 0;
  for (std::size_t const part : parts)
    sum += part;
  return sum;
}

} // namespace detail

/// An operation of this name with some of its numbers set, the others as preset, and with the operations it holds.
template <class Operation, class... Parts>
constexpr auto named_operation(label name, Parts const&... parts) {
  constexpr bool takes_them = detail::all({true, detail::takes<Operation, Parts>...});
  static_assert(
      takes_them,
      "this operation does not take these: named numbers such as channels(16), stride(2), groups(4), dilation(2)");
  constexpr std::size_t size = takes_them ? detail::total({1, detail::nodes_in<Parts>...}) : 1;
  expression<size> made;
  node const head{&declaration_of<Operation>, size, 0, detail::presets<Operation>, name};
  if constexpr (takes_them) {
    detail::given_number const given[]{detail::given<Operation>(parts)..., {max_attributes}};
    detail::write(made.nodes, head, given, sizeof...(Parts));
  } else {
    made.nodes[0] = head; // so that nothing else is reported
  }
  return made;
}

/// An operation with some of its numbers set, the others as preset.
template <class Operation, class... Parts>
constexpr auto operation(Parts const&... parts) {
  return named_operation<Operation>({}, parts...);
}

} // namespace espalier::dsl
