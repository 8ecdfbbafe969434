#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

/// Fully connected layer, at every position of a sequence; with bias unless told.
struct linear {
  static constexpr std::string_view name = "linear";
  static constexpr kind_set takes = feature_last_kinds;
  channel_count channels = inherited;
  fixed_number bias = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels)("bias", bias); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{in.kind, channels, in.height, in.width};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = in.channels * out.channels;
    return {bias.is(0) ? weights : weights + out.channels, weights * out.positions()};
  }
};

/// Fully connected layer whose weights are those of the embedding; only its bias, which it has unless told, is its own.
struct tied_linear {
  static constexpr std::string_view name = "tied_linear";
  static constexpr kind_set takes = only(tensor_kind::sequence, tensor_kind::tokens);
  channel_count channels = inherited;
  fixed_number bias = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels)("bias", bias); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{in.kind, channels, in.height, in.width};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    return {bias.is(0) ? quantity{0} : out.channels, in.channels * out.channels * out.positions()};
  }
};

/// A trained vector for each id: to a sequence.
struct embedding {
  static constexpr std::string_view name = "embedding";
  static constexpr kind_set takes = only(tensor_kind::ids);
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::sequence, channels, in.height, in.width};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    return {in.channels * out.channels, 0};
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Fully connected layer with so many outputs; `bias(0)` leaves the bias out.
template <class Features, class... Numbers>
constexpr auto linear(Features features, Numbers... numbers) {
  return operation<operations::linear>(channels(features), numbers...);
}

/// Fully connected layer with the embedding's weights, turned around; `bias(0)` leaves the bias out.
template <class Features, class... Numbers>
constexpr auto tied_linear(Features features, Numbers... numbers) {
  return operation<operations::tied_linear>(channels(features), numbers...);
}

/// A trained vector of so many features for each id.
template <class Features>
constexpr auto embedding(Features features) {
  return operation<operations::embedding>(channels(features));
}

} // namespace espalier::dsl
