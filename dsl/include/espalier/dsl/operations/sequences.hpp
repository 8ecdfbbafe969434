#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

/// Long short-term memory (Hochreiter & Schmidhuber 1997) with four gates and the two biases of cuDNN.
struct lstm {
  static constexpr std::string_view name = "lstm";
  static constexpr kind_set takes = only(tensor_kind::sequence);
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::sequence, channels, in.height, in.width};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = 4 * (out.channels * (in.channels + out.channels));
    return {weights + 8 * out.channels, weights * out.positions()};
  }
};

/// Gated recurrent unit (Cho et al. 2014) with three gates and the two biases of cuDNN.
struct gru {
  static constexpr std::string_view name = "gru";
  static constexpr kind_set takes = only(tensor_kind::sequence);
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::sequence, channels, in.height, in.width};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = 3 * (out.channels * (in.channels + out.channels));
    return {weights + 6 * out.channels, weights * out.positions()};
  }
};

/// The last position of a sequence: to a vector.
struct last_step {
  static constexpr std::string_view name = "last_step";
  static constexpr kind_set takes = only(tensor_kind::sequence);

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::vector, in.channels, 1, 1};
  }
};

/// Multi-head self-attention (Vaswani et al. 2017): query, key, value with heads x head_width features (in / heads,
/// unless told), and the projection back, all biased.
struct attention {
  static constexpr std::string_view name = "attention";
  static constexpr kind_set takes = only(tensor_kind::tokens);
  head_count heads = 1;
  head_features head_width = 0; ///< 0 stands for in / heads.

  constexpr void reflect(attribute_visitor& visit) { visit("heads", heads)("head_width", head_width); }

  [[nodiscard]] constexpr quantity inner(shape const& in) const {
    return head_width.is(0) ? in.channels : heads * head_width;
  }
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (head_width.is(0))
      if (auto const f = detail::divides(rule::heads_do_not_divide_width, in.channels, heads))
        return f;
    return in;
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const {
    quantity const weights = 4 * (in.channels * inner(in));
    return {weights + 3 * inner(in) + in.channels, weights * in.positions()};
  }
};

/// Cuts an image into squares and projects each to a token: a convolution whose stride is its kernel, with bias.
struct patch_embedding {
  static constexpr std::string_view name = "patch_embedding";
  static constexpr kind_set takes = detail::images;
  fixed_number patch = 16;
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("patch", patch)("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (patch.low < 1)
      return fault{rule::size_not_positive, patch.low, 1, "patch"};
    for (quantity const side : {in.height, in.width})
      if (auto const f = detail::divides(rule::map_not_divisible, side, patch))
        return f;
    return shape{tensor_kind::tokens, channels, in.height / patch, in.width / patch};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = in.channels * out.channels * patch * patch;
    return {weights + out.channels, weights * out.positions()};
  }
};

/// A trained vector added at each position.
struct position_embedding {
  static constexpr std::string_view name = "position_embedding";
  static constexpr kind_set takes = only(tensor_kind::sequence, tensor_kind::tokens);

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const { return in; }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const { return {in.elements(), 0}; }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// LSTM of so many features.
template <class Features>
constexpr auto lstm(Features features) {
  return operation<operations::lstm>(channels(features));
}

/// GRU of so many features.
template <class Features>
constexpr auto gru(Features features) {
  return operation<operations::gru>(channels(features));
}

/// The last position of a sequence.
constexpr auto last_step() {
  return operation<operations::last_step>();
}

/// Multi-head self-attention; `head_width(64)` sets the features of a head.
template <class Heads, class... Numbers>
constexpr auto attention(Heads count, Numbers... numbers) {
  return operation<operations::attention>(heads(count), numbers...);
}

/// Squares of `side` pixels, each projected to a token of so many features.
template <class Features>
constexpr auto patch_embedding(int side, Features features) {
  return operation<operations::patch_embedding>(patch(side), channels(features));
}

/// A trained vector added at each position.
constexpr auto position_embedding() {
  return operation<operations::position_embedding>();
}

} // namespace espalier::dsl
