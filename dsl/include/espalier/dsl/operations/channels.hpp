#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

/// Interleaves the groups' channels (ShuffleNet).
struct channel_shuffle {
  static constexpr std::string_view name = "channel_shuffle";
  static constexpr kind_set takes = detail::images;
  fixed_number groups = 2;

  constexpr void reflect(attribute_visitor& visit) { visit("groups", groups); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (groups.low < 1)
      return fault{rule::size_not_positive, groups.low, 1, "groups"};
    if (auto const f = detail::divides(rule::groups_do_not_divide_channels, in.channels, groups))
      return f;
    return in;
  }
};

/// Every `parts`-th channel, from channel `part` on: of two parts, the even or the odd ones (SPOS' channel split).
struct channel_part {
  static constexpr std::string_view name = "channel_part";
  static constexpr kind_set takes = detail::images;
  fixed_number part = 0;
  fixed_number parts = 2;

  constexpr void reflect(attribute_visitor& visit) { visit("part", part)("parts", parts); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (parts.low < 1)
      return fault{rule::size_not_positive, parts.low, 1, "parts"};
    if (part.low >= parts.low)
      return fault{rule::part_out_of_range, part.low, parts.low};
    if (auto const f = detail::divides(rule::parts_do_not_divide_channels, in.channels, parts))
      return f;
    return shape{tensor_kind::image, in.channels / parts, in.height, in.width};
  }
};

/// Squeeze and excitation (Hu et al. 2018): scales each channel by a gate computed from all channels' means, through
/// two biased 1x1 convolutions with in / ratio channels between them, rounded to a multiple of `divisor`.
struct squeeze_excite {
  static constexpr std::string_view name = "squeeze_excite";
  static constexpr kind_set takes = detail::images;
  reduction_ratio ratio = 4;
  fixed_number divisor = 1;
  channel_count channels = inherited; ///< Those that `ratio` divides: of MnasNet's blocks those of the block's input.

  constexpr void reflect(attribute_visitor& visit) { visit("ratio", ratio)("divisor", divisor)("channels", channels); }

  [[nodiscard]] constexpr quantity squeezed() const {
    quantity const few = channels / ratio;
    return divisor.low > 1 ? round_to(divisor.low, few) : few;
  }
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (squeezed().low < 1)
      return fault{rule::squeeze_leaves_nothing, channels.low, ratio.high};
    return in;
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const {
    quantity const weights = 2 * in.channels * squeezed();
    return {weights + in.channels + squeezed(), weights};
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Interleaves the channels of so many groups.
constexpr auto channel_shuffle(int count) {
  return operation<operations::channel_shuffle>(groups(count));
}

/// One of `count` interleaved parts of the channels.
constexpr auto channel_part(int which, int count) {
  return operation<operations::channel_part>(part(which), parts(count));
}

/// Squeeze and excitation to a `by`-th of the channels; `divisor(8)` rounds it; `channels(n)` squeezes n instead.
template <class Ratio, class... Numbers>
constexpr auto squeeze_excite(Ratio by, Numbers... numbers) {
  return operation<operations::squeeze_excite>(ratio(by), numbers...);
}

} // namespace espalier::dsl
