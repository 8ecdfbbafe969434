#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

/// The identity; where an edge strides, the compiler puts ReLU, factorized reduction and batch normalization in its
/// place.
struct skip_connect {
  static constexpr std::string_view name = "skip_connect";
  stride_length stride = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("stride", stride); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (stride.is(1))
      return in;
    if (!stride.is(2))
      return fault{rule::number_too_large, stride.high, 2, "stride"};
    if (in.kind != tensor_kind::image)
      return fault{rule::wrong_kind, static_cast<int>(in.kind), detail::images};
    return factorized_reduce{in.channels}.infer(in);
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    if (stride.is(1))
      return {};
    auto whole = factorized_reduce{in.channels}.cost(in, out);
    whole.params = whole.params + 2 * out.channels;
    return whole;
  }
};

/// Zeros: the edge is absent.
struct none {
  static constexpr std::string_view name = "none";
  stride_length stride = inherited;
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("stride", stride)("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return in.kind == tensor_kind::image ? detail::windowed(in, 1, stride, channels) : inferred_shape{in};
  }
};

/// Nothing, where the condition holds; no architecture where it does not.
struct require {
  static constexpr std::string_view name = "require";
  predicate condition = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("condition", condition); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (condition.is(1))
      return in;
    return fault{rule::condition_may_fail, 0, 1};
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// The identity, or a factorized reduction where the edge strides.
constexpr auto skip_connect() {
  return operation<operations::skip_connect>();
}

/// Zeros; where another branch changes the shape, with its `stride` and `channels`.
template <class... Numbers>
constexpr auto none(Numbers... numbers) {
  return operation<operations::none>(numbers...);
}

namespace detail {

template <class Operation, std::size_t N>
constexpr auto with_condition(condition<N> const& c) {
  return operation<Operation>(setting<names::condition, N>{operand(c)});
}

} // namespace detail

/// What follows exists only where the condition holds: within a layer of a chain, where it does not, the layer is no
/// option.
template <std::size_t N>
constexpr auto require(condition<N> const& c) {
  return detail::with_condition<operations::require>(c);
}

} // namespace espalier::dsl
