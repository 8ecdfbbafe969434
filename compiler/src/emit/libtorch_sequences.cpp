#include "libtorch_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::tensor_kind;
using numbers = libtorch_form::numbers;

expression embedding(typed_operation const&, numbers const& n) {
  return call("torch::nn::Embedding", {number_argument(n, "in_channels"), number_argument(n, "channels")});
}

expression tied_bias(typed_operation const&, numbers const& n) {
  return call("torch::zeros", {number_argument(n, "channels")});
}

expression tied_linear(libtorch_call const& c) {
  return call("torch::linear", {{c.x[0]}, {c.embedding_member + "->weight"}, {c.member}});
}

expression tied_linear_without_bias(libtorch_call const& c) {
  return call("torch::linear", {{c.x[0]}, {c.embedding_member + "->weight"}});
}

expression recurrent_layer(std::string const& module, numbers const& n) {
  auto options = call(module + "Options", {number_argument(n, "in_channels"), number_argument(n, "channels")});
  options.options.emplace_back(".batch_first(true)");
  return call(module, {options});
}

expression lstm(typed_operation const&, numbers const& n) {
  return recurrent_layer("torch::nn::LSTM", n);
}

expression gru(typed_operation const&, numbers const& n) {
  return recurrent_layer("torch::nn::GRU", n);
}

expression states(libtorch_call const& c) {
  return call("std::get<0>", {call(c.member, {{c.x[0]}})});
}

expression last_step(libtorch_call const& c) {
  return {c.x[0] + ".select(1, -1)"};
}

expression attention(typed_operation const&, numbers const& n) {
  return call("Attention",
              {number_argument(n, "in_channels"), number_argument(n, "heads"), number_argument(n, "head_width")});
}

expression positions(typed_operation const&, numbers const& n) {
  auto const sizes = list({number_argument(n, "positions"), number_argument(n, "in_channels")});
  return call("torch::normal", {{"0"}, {"0.02"}, sizes});
}

expression position_embedding(libtorch_call const& c) {
  return function_of("torch::add", c.x[0], c.member);
}

expression as_image(libtorch_call const& c) {
  auto const& x = c.x[0];
  if (c.of.operands.front().kind == dsl::tensor_kind::image)
    return {x};
  return {fmt::format("{0}.transpose(1, 2).reshape({{{0}.size(0), {0}.size(2), {1}, {2}}})", x,
                      c.number_text("in_height"), c.number_text("in_width"))};
}

// Sequences and tokens are laid out alike.
expression as_positions(libtorch_call const& c) {
  if (c.of.operands.front().kind != dsl::tensor_kind::image)
    return {c.x[0]};
  return {c.x[0] + ".flatten(2).transpose(1, 2)"};
}

} // namespace

std::vector<libtorch_form> const& libtorch_sequence_forms() {
  static std::vector<libtorch_form> const rows{
      {"embedding", {{"in_channels", "channels"}}, "torch::nn::Embedding", embedding, {}},
      {"tied_linear", {{"channels"}}, "torch::Tensor", tied_bias, tied_linear},
      {"tied_linear without bias", {}, "", {}, tied_linear_without_bias},
      {"lstm", {{"in_channels", "channels"}}, "torch::nn::LSTM", lstm, states},
      {"gru", {{"in_channels", "channels"}}, "torch::nn::GRU", gru, states},
      {"last_step", {}, "", {}, last_step},
      {"attention", {{"in_channels", "heads", "head_width"}}, "Attention", attention, {}, "Attention"},
      {"position_embedding", {{"in_channels", "positions"}}, "torch::Tensor", positions, position_embedding},
      {"as_image", {{"in_height", "in_width"}}, "", {}, as_image},
      {"as_sequence", {}, "", {}, as_positions},
      {"as_tokens", {}, "", {}, as_positions},
  };
  return rows;
}

} // namespace espalier::compiler
