#pragma once

#include <espalier/dsl/facts.hpp>

namespace espalier::dsl {

/// A search space of `N` operations. It is checked where it is first used: by `count` and the other facts, and by the
/// compiler.
template <std::size_t N>
struct space {
  label name{};
  tensor_type input{};
  expression<N> body{};

  [[nodiscard]] constexpr space_view view() const { return {name, input, body.nodes}; }
};

/// What a space reads, and the operations that come with it.
template <std::size_t N>
struct input_expression {
  tensor_type type;
  expression<N> first;
};

namespace detail {

struct square {
  int side;
};

template <std::size_t N>
struct decided_square {
  number<N> side;
};

} // namespace detail

/// An image input of `channels` x `height` x `width`.
constexpr tensor_type image(int channels, int height, int width) {
  return {tensor_kind::image, channels, height, width};
}

/// A resolution that is a decision: square images of one of these sizes.
template <std::size_t N>
constexpr detail::decided_square<N> resolution(number<N> const& side) {
  return {side};
}
constexpr auto resolution(int first, int last, step by) {
  return resolution(range("resolution", first, last, by));
}

/// Square images whose resolution is decided; the input has the largest, and is resized.
template <std::size_t N>
constexpr input_expression<1 + N> image(int channels, detail::decided_square<N> const& size) {
  expression<N> as_nodes;
  for (std::size_t i = 0; i < N; ++i)
    as_nodes.nodes[i] = size.side.nodes[i];
  int const largest = static_cast<int>(detail::number_evaluator{{{}, {}, as_nodes.nodes}}(0, trend::neutral).high);
  return {{tensor_kind::image, channels, largest, largest},
          operation<operations::resize>(detail::setting<names::size, N>{size.side})};
}

/// A sequence input of `length` steps of so many features.
constexpr tensor_type sequence_of(int length, int features) {
  return {tensor_kind::sequence, features, length, 1};
}

/// A text input: `length` ids of words out of a vocabulary.
constexpr tensor_type words(int length, int vocabulary) {
  return {tensor_kind::ids, vocabulary, length, 1};
}

/// A search space: its name, its input, and the operations from input to output.
template <std::size_t... N>
constexpr auto search_space(label name, tensor_type input, expression<N> const&... parts) {
  auto body = sequence(parts...);
  return space<detail::nodes_in<decltype(body)>>{name, input, body};
}
template <std::size_t First, std::size_t... N>
constexpr auto search_space(label name, input_expression<First> const& input, expression<N> const&... parts) {
  return search_space(name, input.type, input.first, parts...);
}

} // namespace espalier::dsl
