#pragma once

#include <espalier/dsl/declaration.hpp>

namespace espalier::dsl::operations {

namespace detail {

constexpr inference windowed(tensor_type const& in, int kernel, int stride, int channels) {
  if (in.kind != tensor_kind::image)
    return {.problem = {rule::wrong_kind, static_cast<int>(in.kind), static_cast<int>(tensor_kind::image)}};
  if (kernel < 1 || stride < 1 || channels < 1)
    return {.problem = {rule::size_not_positive, kernel < 1 ? kernel : stride < 1 ? stride : channels, 1}};
  if (kernel % 2 == 0)
    return {.problem = {rule::even_kernel, kernel, kernel + 1}};
  if (stride > 1 && (in.height == 1 || in.width == 1))
    return {.problem = {rule::stride_on_single_pixel, 1, stride}};
  return {.type = {tensor_kind::image, channels, (in.height - 1) / stride + 1, (in.width - 1) / stride + 1}};
}

} // namespace detail

/// Convolution without bias, padded so that stride 1 keeps the map's size.
struct conv {
  static constexpr std::string_view name = "conv";
  int kernel = 3;
  int channels = inherited;
  int stride = inherited;
  int groups = 1;
  int dilation = 1;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    if (dilation < 1 || groups < 1)
      return {.problem = {rule::size_not_positive, dilation < 1 ? dilation : groups, 1}};
    if (in.channels % groups != 0)
      return {.problem = {rule::groups_do_not_divide_channels, in.channels, groups}};
    if (channels % groups != 0)
      return {.problem = {rule::groups_do_not_divide_channels, channels, groups}};
    return detail::windowed(in, kernel, stride, channels);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const& in, tensor_type const& out) const {
    long long const weights = 1LL * out.channels * (in.channels / groups) * kernel * kernel;
    return {weights, weights * out.height * out.width};
  }
};

/// Two 1x1 convolutions of stride 2, one of them on the map shifted by a pixel, concatenated (DARTS' FactorizedReduce).
struct factorized_reduce {
  static constexpr std::string_view name = "factorized_reduce";
  int channels = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    if (in.kind != tensor_kind::image)
      return detail::windowed(in, 1, 2, channels);
    if (channels % 2 != 0)
      return {.problem = {rule::groups_do_not_divide_channels, channels, 2}};
    if (in.height % 2 != 0 || in.width % 2 != 0)
      return {.problem = {rule::odd_map_halved, in.height % 2 != 0 ? in.height : in.width, 2}};
    return detail::windowed(in, 1, 2, channels);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const& in, tensor_type const& out) const {
    long long const weights = 1LL * out.channels * in.channels;
    return {weights, weights * out.height * out.width};
  }
};

/// Batch normalization with scale and shift (a supernet leaves them out). `search_only` ones vanish from final
/// networks.
struct batch_norm {
  static constexpr std::string_view name = "batch_norm";
  int search_only = 0;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    return detail::windowed(in, 1, 1, in.channels);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const& in, tensor_type const&) const {
    return {search_only ? 0 : 2LL * in.channels, 0};
  }
};

/// max(x, 0).
struct relu {
  static constexpr std::string_view name = "relu";

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const { return {.type = in}; }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// Maximum over a window.
struct max_pool {
  static constexpr std::string_view name = "max_pool";
  int kernel = 3;
  int stride = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    return detail::windowed(in, kernel, stride, in.channels);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// Mean over a window; padding does not count.
struct avg_pool {
  static constexpr std::string_view name = "avg_pool";
  int kernel = 3;
  int stride = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    return detail::windowed(in, kernel, stride, in.channels);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// The identity; where an edge strides, the compiler puts ReLU, factorized reduction and batch normalization in its
/// place.
struct skip_connect {
  static constexpr std::string_view name = "skip_connect";
  int stride = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    if (stride == 1)
      return {.type = in};
    if (stride != 2)
      return {.problem = {rule::size_not_positive, stride, 1}};
    return factorized_reduce{in.channels}.infer(in);
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// Zeros: the edge is absent.
struct none {
  static constexpr std::string_view name = "none";
  int stride = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    return in.kind == tensor_kind::image ? detail::windowed(in, 1, stride, in.channels) : inference{.type = in};
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// Mean over all pixels: image to vector.
struct global_avg_pool {
  static constexpr std::string_view name = "global_avg_pool";

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    if (in.kind != tensor_kind::image)
      return detail::windowed(in, 1, 1, 1);
    return {.type = {tensor_kind::vector, in.channels, 1, 1}};
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const&, tensor_type const&) const { return {}; }
};

/// Fully connected layer with bias.
struct linear {
  static constexpr std::string_view name = "linear";
  int channels = inherited;

  [[nodiscard]] constexpr inference infer(tensor_type const& in) const {
    if (in.kind != tensor_kind::vector)
      return {.problem = {rule::wrong_kind, static_cast<int>(in.kind), static_cast<int>(tensor_kind::vector)}};
    if (channels < 1)
      return {.problem = {rule::size_not_positive, channels, 1}};
    return {.type = {tensor_kind::vector, channels, 1, 1}};
  }
  [[nodiscard]] constexpr operation_cost cost(tensor_type const& in, tensor_type const& out) const {
    long long const weights = 1LL * in.channels * out.channels;
    return {weights + out.channels, weights};
  }
};

/// Blocks one after another.
struct sequence {
  static constexpr std::string_view name = "sequence";
  static constexpr structure form = structure::sequence;
};

/// A named sequence: one struct in emitted code.
struct block {
  static constexpr std::string_view name = "block";
  static constexpr structure form = structure::block;
};

/// One of several candidates.
struct choice {
  static constexpr std::string_view name = "choice";
  static constexpr structure form = structure::choice;
};

/// A body, `count` times.
struct repeat {
  static constexpr std::string_view name = "repeat";
  static constexpr structure form = structure::repeat;
  int count = 1;
};

/// A DAG on two inputs in which each of `nodes` sums `keep` of its predecessors, each through an operation of its own
/// (DARTS).
struct cell {
  static constexpr std::string_view name = "cell";
  static constexpr structure form = structure::cell;
  int channels = inherited;
  int nodes = 4;
  int keep = 2;
  int stride = 1;
};

/// The sum of `keep` of its operands. Only the compiler makes it: what a cell's node expands to.
struct select {
  static constexpr std::string_view name = "select";
  static constexpr structure form = structure::select;
  int keep = 2;
};

/// The sum of its operands. Only the compiler makes it.
struct add {
  static constexpr std::string_view name = "add";
  static constexpr structure form = structure::add;
};

/// Its operands' channels one after another. Only the compiler makes it.
struct concat {
  static constexpr std::string_view name = "concat";
  static constexpr structure form = structure::concat;
};

} // namespace espalier::dsl::operations

BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::conv, kernel, channels, stride, groups, dilation);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::factorized_reduce, channels);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::batch_norm, search_only);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::relu);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::max_pool, kernel, stride);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::avg_pool, kernel, stride);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::skip_connect, stride);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::none, stride);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::global_avg_pool);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::linear, channels);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::sequence);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::block);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::choice);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::repeat, count);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::cell, channels, nodes, keep, stride);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::select, keep);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::add);
BOOST_HANA_ADAPT_STRUCT(espalier::dsl::operations::concat);

namespace espalier::dsl {

/// Every operation of the language: what the text form knows by name.
inline constexpr std::array operation_table{
    &declaration_of<operations::conv>,
    &declaration_of<operations::factorized_reduce>,
    &declaration_of<operations::batch_norm>,
    &declaration_of<operations::relu>,
    &declaration_of<operations::max_pool>,
    &declaration_of<operations::avg_pool>,
    &declaration_of<operations::skip_connect>,
    &declaration_of<operations::none>,
    &declaration_of<operations::global_avg_pool>,
    &declaration_of<operations::linear>,
    &declaration_of<operations::sequence>,
    &declaration_of<operations::block>,
    &declaration_of<operations::choice>,
    &declaration_of<operations::repeat>,
    &declaration_of<operations::cell>,
    &declaration_of<operations::select>,
    &declaration_of<operations::add>,
    &declaration_of<operations::concat>,
};

} // namespace espalier::dsl
