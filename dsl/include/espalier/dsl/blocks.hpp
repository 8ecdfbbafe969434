#pragma once

#include <espalier/dsl/expression.hpp>

namespace espalier::dsl {

/// Convolution of an odd kernel; `channels`, `stride`, `groups` and `dilation` as named numbers.
template <class... Numbers>
consteval auto conv(int kernel, Numbers... numbers) {
  return detail::leaf(detail::with(operations::conv{.kernel = kernel}, numbers...));
}

/// Batch normalization.
consteval auto batch_norm() {
  return detail::leaf(operations::batch_norm{});
}

/// Batch normalization without parameters that exists only while searching: the released DARTS code has one behind each
/// pooling.
consteval auto search_batch_norm() {
  return detail::leaf(operations::batch_norm{.search_only = 1});
}

/// max(x, 0).
consteval auto relu() {
  return detail::leaf(operations::relu{});
}

/// Max pooling.
template <class... Numbers>
consteval auto max_pool(int kernel, Numbers... numbers) {
  return detail::leaf(detail::with(operations::max_pool{.kernel = kernel}, numbers...));
}

/// Average pooling; padding does not count.
template <class... Numbers>
consteval auto avg_pool(int kernel, Numbers... numbers) {
  return detail::leaf(detail::with(operations::avg_pool{.kernel = kernel}, numbers...));
}

/// The identity, or a factorized reduction where the edge strides.
consteval auto skip_connect() {
  return detail::leaf(operations::skip_connect{});
}

/// Zeros.
consteval auto none() {
  return detail::leaf(operations::none{});
}

/// Mean over all pixels.
consteval auto global_avg_pool() {
  return detail::leaf(operations::global_avg_pool{});
}

/// Fully connected layer with `features` outputs.
consteval auto linear(int features) {
  return detail::leaf(operations::linear{features});
}

/// Blocks one after another.
template <std::size_t... N>
consteval auto sequence(expression<N> const&... parts) {
  return detail::join(operations::sequence{}, {}, parts...);
}

/// Blocks one after another, as one named thing: a candidate's name, a struct in emitted code.
template <std::size_t... N>
consteval auto block(label name, expression<N> const&... parts) {
  return detail::join(operations::block{}, name, parts...);
}

/// One of several candidates, decided on its own wherever it is repeated.
template <std::size_t... N>
consteval auto choice(expression<N> const&... candidates) {
  return detail::join(operations::choice{}, {}, candidates...);
}

/// One of several candidates, one decision of this name however often it is used.
template <std::size_t... N>
consteval auto choice(label name, expression<N> const&... candidates) {
  return detail::join(operations::choice{}, name, candidates...);
}

/// A body `count` times.
template <std::size_t N>
consteval auto repeat(int count, expression<N> const& body) {
  return detail::join(operations::repeat{count}, {}, body);
}

/// ReLU, depthwise and pointwise convolution, batch normalization, twice; the first strides (DARTS' SepConv).
consteval auto sep_conv(int kernel) {
  return block(detail::sized("sep_conv", kernel), relu(), conv(kernel, groups(depthwise)), conv(1), batch_norm(),
               relu(), conv(kernel, groups(depthwise)), conv(1), batch_norm());
}

/// ReLU, dilated depthwise and pointwise convolution, batch normalization (DARTS' DilConv).
consteval auto dil_conv(int kernel) {
  return block(detail::sized("dil_conv", kernel), relu(), conv(kernel, groups(depthwise), dilation(2)), conv(1),
               batch_norm());
}

/// A cell whose channels are still open: call it with them to put it into a space.
template <std::size_t N>
struct cell_template {
  label name{};
  operations::cell shape{};
  expression<N> edge{};

  consteval auto operator()(int channels) const {
    auto filled = shape;
    filled.channels = channels;
    return detail::join(filled, name, edge);
  }
};

/// A DARTS cell: every node sums `keep` of the cell's two inputs and the nodes before it, each through one candidate of
/// `edge`. Its decisions belong to the name. With a stride, edges from the cell's inputs stride. Output: the nodes'
/// channels, concatenated.
template <std::size_t N>
consteval cell_template<N> cell(label name, nodes count, keep kept, expression<N> const& edge,
                                stride step = stride(1)) {
  return {name, {inherited, count.value, kept.value, step.value}, edge};
}

} // namespace espalier::dsl
