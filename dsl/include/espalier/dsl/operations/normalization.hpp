#pragma once

#include <espalier/dsl/operations/convolution.hpp>

namespace espalier::dsl::operations {

/// Batch normalization with scale and shift (a supernet leaves them out). `search_only` ones vanish from final
/// networks.
struct batch_norm {
  static constexpr std::string_view name = "batch_norm";
  static constexpr kind_set takes = only(tensor_kind::image, tensor_kind::vector);
  fixed_number search_only = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("search_only", search_only); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const { return in; }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const {
    return {search_only.is(0) ? 2 * in.channels : 0, 0};
  }
};

/// Layer normalization over the features of a position, with scale and shift.
struct layer_norm {
  static constexpr std::string_view name = "layer_norm";
  static constexpr kind_set takes = feature_last_kinds;

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const { return in; }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const { return {2 * in.channels, 0}; }
};

/// Group normalization with scale and shift.
struct group_norm {
  static constexpr std::string_view name = "group_norm";
  static constexpr kind_set takes = detail::images;
  group_count groups = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("groups", groups); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (auto const f = detail::divides(rule::groups_do_not_divide_channels, in.channels, groups))
      return f;
    return in;
  }
  [[nodiscard]] constexpr dsl::cost cost(shape const& in, shape const&) const { return {2 * in.channels, 0}; }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Batch normalization.
constexpr auto batch_norm() {
  return operation<operations::batch_norm>();
}

/// Batch normalization without parameters that exists only while searching: the released DARTS code has one behind each
/// pooling.
constexpr auto search_batch_norm() {
  return operation<operations::batch_norm>(search_only(1));
}

/// Layer normalization.
constexpr auto layer_norm() {
  return operation<operations::layer_norm>();
}

/// Group normalization in so many groups.
template <class Groups>
constexpr auto group_norm(Groups count) {
  return operation<operations::group_norm>(groups(count));
}

} // namespace espalier::dsl
