#pragma once

#include <espalier/dsl/operations/pooling.hpp>

#include <utility>

/// Operations that networks of published encodings need, and no space decides.
namespace espalier::dsl::operations {

/// Convolution whose kernel and stride are told for either direction; without padding where `padded` is 0. Weights
/// [channels, in, kernel, kernel_width].
struct rectangular_conv {
  static constexpr std::string_view name = "rectangular_conv";
  static constexpr kind_set takes = detail::images;
  channel_count channels = inherited;
  kernel_size kernel = 3;
  kernel_size kernel_width = 3;
  fixed_number stride_height = 1;
  fixed_number stride_width = 1;
  fixed_number padded = 1;

  constexpr void reflect(attribute_visitor& visit) {
    visit("channels", channels)("kernel", kernel)("kernel_width", kernel_width)("stride_height", stride_height)(
        "stride_width", stride_width)("padded", padded);
  }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    for (auto const& [stride, text] :
         {std::pair{stride_height, "stride_height"}, std::pair{stride_width, "stride_width"}})
      if (stride.low < 1)
        return fault{rule::size_not_positive, stride.low, 1, text};
    for (auto const& [side, size] : {std::pair{in.height, kernel}, std::pair{in.width, kernel_width}}) {
      if (!padded.is(0) && !detail::is_odd(size))
        return detail::even(size);
      if (padded.is(0) && side.low < size.high)
        return fault{rule::kernel_exceeds_map, side.low, size.high};
    }
    auto const counted = [&](quantity const& side, quantity const& size, quantity const& stride) {
      return divide_rounding_up(padded.is(0) ? side - size + 1 : side, stride);
    };
    return shape{tensor_kind::image, channels, counted(in.height, kernel, stride_height),
                 counted(in.width, kernel_width, stride_width)};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = out.channels * in.channels * kernel * kernel_width;
    return {weights, weights * out.height * out.width};
  }
};

} // namespace espalier::dsl::operations
