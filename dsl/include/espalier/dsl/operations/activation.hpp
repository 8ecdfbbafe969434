#pragma once

#include <espalier/dsl/numbers.hpp>

namespace espalier::dsl::operations {

namespace detail {

/// What every operation on single elements shares: any kind, the shape stays, nothing to train.
struct elementwise {
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const { return in; }
};

} // namespace detail

/// max(x, 0).
struct relu : detail::elementwise {
  static constexpr std::string_view name = "relu";
};

/// min(max(x, 0), 6).
struct relu6 : detail::elementwise {
  static constexpr std::string_view name = "relu6";
};

/// x relu6(x + 3) / 6.
struct hard_swish : detail::elementwise {
  static constexpr std::string_view name = "hard_swish";
};

/// x sigmoid(x).
struct swish : detail::elementwise {
  static constexpr std::string_view name = "swish";
};

/// x times the normal distribution at x.
struct gelu : detail::elementwise {
  static constexpr std::string_view name = "gelu";
};

/// 1 / (1 + exp(-x)).
struct sigmoid : detail::elementwise {
  static constexpr std::string_view name = "sigmoid";
};

/// The hyperbolic tangent.
struct tanh : detail::elementwise {
  static constexpr std::string_view name = "tanh";
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// max(x, 0).
constexpr auto relu() {
  return operation<operations::relu>();
}

/// min(max(x, 0), 6).
constexpr auto relu6() {
  return operation<operations::relu6>();
}

/// x relu6(x + 3) / 6.
constexpr auto hard_swish() {
  return operation<operations::hard_swish>();
}

/// x sigmoid(x).
constexpr auto swish() {
  return operation<operations::swish>();
}

/// x times the normal distribution at x.
constexpr auto gelu() {
  return operation<operations::gelu>();
}

/// 1 / (1 + exp(-x)).
constexpr auto sigmoid() {
  return operation<operations::sigmoid>();
}

/// The hyperbolic tangent.
constexpr auto tanh() {
  return operation<operations::tanh>();
}

} // namespace espalier::dsl
