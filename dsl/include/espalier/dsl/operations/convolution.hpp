#pragma once

#include <espalier/dsl/numbers.hpp>

namespace espalier::dsl::operations {

namespace detail {

inline constexpr kind_set images = only(tensor_kind::image);

/// Whether every value is odd.
constexpr bool is_odd(quantity const& q) {
  return q.low % 2 != 0 && q.step % 2 == 0;
}

/// Why a kernel is refused that may be even.
constexpr fault even(quantity const& kernel) {
  auto const example = kernel.low % 2 == 0 ? kernel.low : kernel.high % 2 == 0 ? kernel.high : kernel.low + kernel.step;
  return {rule::even_kernel, example, example + 1};
}

/// The image that a padded window gives.
constexpr inferred_shape windowed(shape const& in, quantity const& kernel, quantity const& stride,
                                  quantity const& channels) {
  if (!is_odd(kernel))
    return even(kernel);
  if (stride.high > 1 && (in.height.low == 1 || in.width.low == 1))
    return fault{rule::stride_on_single_pixel, 1, stride.high};
  return shape{tensor_kind::image, channels, divide_rounding_up(in.height, stride),
               divide_rounding_up(in.width, stride)};
}

/// The first value of `divisor` that does not divide every value of `q`.
constexpr long long first_that_does_not_divide(quantity const& q, quantity const& divisor) {
  for (long long d = divisor.low; d<divisor.high; d += divisor.step> 0 ? divisor.step : 1)
    if ((divisor.multiple == 0 || divisor.multiple % d == 0) && !q.is_multiple_of(d))
      return d;
  return divisor.high;
}

constexpr fault divides(rule broken, quantity const& q, quantity const& divisor) {
  if (q.is_multiple_of(divisor))
    return {};
  auto const d = first_that_does_not_divide(q, divisor);
  return {broken, q.low % d != 0 ? q.low : q.high % d != 0 ? q.high : q.low + q.step, d};
}

} // namespace detail

/// Convolution, padded so that stride 1 keeps the map's size; without bias unless told. Weights
/// [channels, in / groups, kernel, kernel_width].
struct conv {
  static constexpr std::string_view name = "conv";
  static constexpr kind_set takes = detail::images;
  kernel_size kernel = 3;
  channel_count channels = inherited;
  stride_length stride = inherited;
  group_count groups = 1;
  dilation_rate dilation = 1;
  other_kernel_size kernel_width = inherited; ///< The kernel's height is `kernel`.
  fixed_number bias = 0;

  constexpr void reflect(attribute_visitor& visit) {
    visit("kernel", kernel)("channels", channels)("stride", stride)("groups", groups)("dilation", dilation)(
        "kernel_width", kernel_width)("bias", bias);
  }

  [[nodiscard]] constexpr quantity width() const {
    if (kernel_width.is(inherited))
      return kernel;
    return kernel_width;
  }
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (auto const f = detail::divides(rule::groups_do_not_divide_channels, in.channels, groups))
      return f;
    if (auto const f = detail::divides(rule::groups_do_not_divide_output, channels, groups))
      return f;
    if (dilation.high > 1 && kernel.low == 1 && width().low == 1)
      return fault{rule::dilated_point, dilation.high, 1};
    if (!detail::is_odd(width()))
      return detail::windowed(in, width(), stride, channels);
    return detail::windowed(in, kernel, stride, channels);
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = out.channels * (in.channels / groups) * kernel * width();
    return {bias.is(0) ? weights : weights + out.channels, weights * out.height * out.width};
  }
};

/// Convolution whose weights and input are rounded to a few bits (DoReFa; Zhou et al. 2016).
struct quantized_conv {
  static constexpr std::string_view name = "quantized_conv";
  static constexpr kind_set takes = detail::images;
  kernel_size kernel = 3;
  channel_count channels = inherited;
  stride_length stride = inherited;
  bit_width weight_bits = 8;
  bit_width activation_bits = 8;

  constexpr void reflect(attribute_visitor& visit) {
    visit("kernel", kernel)("channels", channels)("stride", stride)("weight_bits", weight_bits)("activation_bits",
                                                                                                activation_bits);
  }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return detail::windowed(in, kernel, stride, channels);
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = out.channels * in.channels * kernel * kernel;
    return {weights, weights * out.height * out.width};
  }
};

/// Two 1x1 convolutions of stride 2, one of them on the map shifted by a pixel, concatenated (DARTS' FactorizedReduce).
struct factorized_reduce {
  static constexpr std::string_view name = "factorized_reduce";
  static constexpr kind_set takes = detail::images;
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (auto const f = detail::divides(rule::parts_do_not_divide_channels, channels, 2))
      return f;
    for (quantity const side : {in.height, in.width})
      if (auto const f = detail::divides(rule::odd_map_halved, side, 2))
        return f;
    return shape{tensor_kind::image, channels, in.height / 2, in.width / 2};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = out.channels * in.channels;
    return {weights, weights * out.height * out.width};
  }
};

/// The way around a block that may change the shape: the identity where it keeps it; else average pooling by the stride
/// and, where the channels differ, a 1x1 convolution without normalization (AttentiveNAS).
struct shortcut {
  static constexpr std::string_view name = "shortcut";
  static constexpr kind_set takes = detail::images;
  channel_count channels = inherited;
  stride_length stride = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels)("stride", stride); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return detail::windowed(in, 1, stride, channels);
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    if (in.channels == out.channels)
      return {};
    quantity const weights = in.channels * out.channels;
    bool const may_agree = in.channels.low <= out.channels.high && out.channels.low <= in.channels.high;
    return {weights, weights * out.height * out.width, may_agree};
  }
};

/// Transposed convolution that enlarges the map by its stride (output padding as needed).
struct transposed_conv {
  static constexpr std::string_view name = "transposed_conv";
  static constexpr kind_set takes = detail::images;
  kernel_size kernel = 3;
  channel_count channels = inherited;
  stride_length stride = 2;
  group_count groups = 1;
  dilation_rate dilation = 1;
  fixed_number bias = 0;

  constexpr void reflect(attribute_visitor& visit) {
    visit("kernel", kernel)("channels", channels)("stride", stride)("groups", groups)("dilation", dilation)("bias",
                                                                                                            bias);
  }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (auto const f = detail::divides(rule::groups_do_not_divide_channels, in.channels, groups))
      return f;
    if (auto const f = detail::divides(rule::groups_do_not_divide_output, channels, groups))
      return f;
    if (!detail::is_odd(kernel))
      return detail::even(kernel);
    return shape{tensor_kind::image, channels, in.height * stride, in.width * stride};
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const& out) const {
    quantity const weights = out.channels * (in.channels / groups) * kernel * kernel;
    return {bias.is(0) ? weights : weights + out.channels, weights * in.height * in.width};
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Convolution of an odd kernel; `channels`, `stride`, `groups`, `dilation`, `kernel_width` and `bias` as named
/// numbers.
template <class Kernel, class... Numbers>
constexpr auto conv(Kernel size, Numbers... numbers) {
  return operation<operations::conv>(kernel(size), numbers...);
}

/// Convolution of which each channel reads its own.
template <class Kernel, class... Numbers>
constexpr auto depthwise_conv(Kernel size, Numbers... numbers) {
  return operation<operations::conv>(kernel(size), groups(depthwise), numbers...);
}

/// Convolution with `weight_bits` and `activation_bits`.
template <class Kernel, class... Numbers>
constexpr auto quantized_conv(Kernel size, Numbers... numbers) {
  return operation<operations::quantized_conv>(kernel(size), numbers...);
}

/// Halves the map by two shifted 1x1 convolutions.
template <class... Numbers>
constexpr auto factorized_reduce(Numbers... numbers) {
  return operation<operations::factorized_reduce>(numbers...);
}

/// The identity, or what comes nearest to it where `channels` or `stride` change the shape.
template <class... Numbers>
constexpr auto shortcut(Numbers... numbers) {
  return operation<operations::shortcut>(numbers...);
}

/// Transposed convolution of an odd kernel, by default of stride 2.
template <class Kernel, class... Numbers>
constexpr auto transposed_conv(Kernel size, Numbers... numbers) {
  return operation<operations::transposed_conv>(kernel(size), numbers...);
}

} // namespace espalier::dsl
