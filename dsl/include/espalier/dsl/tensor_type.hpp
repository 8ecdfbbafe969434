#pragma once

#include <espalier/dsl/quantity.hpp>

#include <cstdint>
#include <initializer_list>

namespace espalier::dsl {

/// What a tensor means: an image [N, C, H, W], a sequence in time [N, T, C], a set of tokens [N, T, C], a vector [N,
/// C], or the ids of words [N, T] out of a vocabulary of C.
enum class tensor_kind : std::uint8_t { image, sequence, tokens, vector, ids };

/// The type of a value without its batch dimension: kind, channels (features; of ids the vocabulary), height and width.
/// A sequence and tokens have height x width positions; a vector has one.
template <class Number>
struct basic_tensor_type {
  tensor_kind kind = tensor_kind::image;
  Number channels = 0;
  Number height = 1;
  Number width = 1;

  constexpr bool operator==(basic_tensor_type const&) const = default;

  /// Elements per example.
  [[nodiscard]] constexpr auto elements() const {
    using wide = decltype(Number{} * 1LL);
    return wide{channels} * height * width;
  }
  /// Positions of a sequence, tokens of a set, pixels of an image.
  [[nodiscard]] constexpr auto positions() const {
    using wide = decltype(Number{} * 1LL);
    return wide{height} * width;
  }
};

/// A type in one architecture.
using tensor_type = basic_tensor_type<int>;
/// A type in every architecture at once.
using shape = basic_tensor_type<quantity>;

constexpr shape shape_of(tensor_type const& t) {
  return {t.kind, t.channels, t.height, t.width};
}

/// The smallest sizes of a shape: of a shape without decisions, its type.
constexpr tensor_type smallest(shape const& s) {
  return {s.kind, static_cast<int>(s.channels.low), static_cast<int>(s.height.low), static_cast<int>(s.width.low)};
}

/// A set of tensor kinds.
using kind_set = std::uint8_t;

template <class... Kinds>
constexpr kind_set only(Kinds... kinds) {
  return static_cast<kind_set>((... | (1U << static_cast<unsigned>(kinds))));
}

constexpr bool holds(kind_set set, tensor_kind kind) {
  return (set & only(kind)) != 0;
}

inline constexpr kind_set any_kind = 0xff;
inline constexpr kind_set positional_kinds = only(tensor_kind::image, tensor_kind::sequence, tensor_kind::tokens);
inline constexpr kind_set feature_last_kinds = only(tensor_kind::sequence, tensor_kind::tokens, tensor_kind::vector);

/// The kind that an operation which takes some kinds reads a tensor of this kind as; `ids` where there is none. Pixels,
/// positions in time and tokens are the same features in the same order, so that each is read as the other; but what
/// also takes vectors would have another meaning at every pixel, and reads none of them for another.
constexpr tensor_kind adapted(kind_set takes, tensor_kind kind) {
  if (holds(takes, kind))
    return kind;
  if (holds(positional_kinds, kind) && !holds(takes, tensor_kind::vector))
    for (auto const wanted : {tensor_kind::image, tensor_kind::sequence, tensor_kind::tokens})
      if (holds(takes, wanted))
        return wanted;
  return tensor_kind::ids;
}

} // namespace espalier::dsl
