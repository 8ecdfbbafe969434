#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

namespace detail {

constexpr inferred_shape pooled(shape const& in, quantity const& kernel, quantity const& stride, bool is_padded) {
  if (is_padded)
    return windowed(in, kernel, stride, in.channels);
  if (in.height.low < kernel.high || in.width.low < kernel.high)
    return fault{rule::kernel_exceeds_map, in.height.low < in.width.low ? in.height.low : in.width.low, kernel.high};
  return shape{tensor_kind::image, in.channels, divide_rounding_up(in.height - kernel + 1, stride),
               divide_rounding_up(in.width - kernel + 1, stride)};
}

} // namespace detail

/// Maximum over a window.
struct max_pool {
  static constexpr std::string_view name = "max_pool";
  static constexpr kind_set takes = detail::images;
  kernel_size kernel = 3;
  stride_length stride = inherited;
  fixed_number padded = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("kernel", kernel)("stride", stride)("padded", padded); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return detail::pooled(in, kernel, stride, !padded.is(0));
  }
};

/// Mean over a window; padding does not count.
struct avg_pool {
  static constexpr std::string_view name = "avg_pool";
  static constexpr kind_set takes = detail::images;
  kernel_size kernel = 3;
  stride_length stride = inherited;
  fixed_number padded = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("kernel", kernel)("stride", stride)("padded", padded); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return detail::pooled(in, kernel, stride, !padded.is(0));
  }
};

/// Mean over all positions: to a vector.
struct global_avg_pool {
  static constexpr std::string_view name = "global_avg_pool";
  static constexpr kind_set takes = positional_kinds;

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::vector, in.channels, 1, 1};
  }
};

/// All pixels and channels one after another: to a vector.
struct flatten {
  static constexpr std::string_view name = "flatten";
  static constexpr kind_set takes = positional_kinds;

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::vector, in.elements(), 1, 1};
  }
};

/// Bilinear interpolation of the input image to a square of `size` pixels.
struct resize {
  static constexpr std::string_view name = "resize";
  static constexpr kind_set takes = detail::images;
  map_size size = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("size", size); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::image, in.channels, size, size};
  }
};

/// Nearest-neighbour enlargement by a whole factor.
struct upsample {
  static constexpr std::string_view name = "upsample";
  static constexpr kind_set takes = detail::images;
  fixed_number factor = 2;

  constexpr void reflect(attribute_visitor& visit) { visit("factor", factor); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (factor.low < 1)
      return fault{rule::size_not_positive, factor.low, 1, "factor"};
    return shape{tensor_kind::image, in.channels, in.height * factor, in.width * factor};
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Max pooling; without padding with `padded(0)`.
template <class Kernel, class... Numbers>
constexpr auto max_pool(Kernel size, Numbers... numbers) {
  return operation<operations::max_pool>(kernel(size), numbers...);
}

/// Average pooling; padding does not count; without padding with `padded(0)`.
template <class Kernel, class... Numbers>
constexpr auto avg_pool(Kernel size, Numbers... numbers) {
  return operation<operations::avg_pool>(kernel(size), numbers...);
}

/// Mean over all positions.
constexpr auto global_avg_pool() {
  return operation<operations::global_avg_pool>();
}

/// To a vector of all channels and pixels.
constexpr auto flatten() {
  return operation<operations::flatten>();
}

/// Enlarges the map by a whole factor.
constexpr auto upsample(int by) {
  return operation<operations::upsample>(factor(by));
}

} // namespace espalier::dsl
