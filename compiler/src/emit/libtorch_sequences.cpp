#include "libtorch_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

expression embedding(typed_operation const&, named_numbers const& n) {
  return call("torch::nn::Embedding", {argument_of(n, "in_channels"), argument_of(n, "channels")});
}

expression tied_bias(typed_operation const&, named_numbers const& n) {
  return call("torch::zeros", {argument_of(n, "channels")});
}

expression tied_linear(leaf_call const& c) {
  return call("torch::linear", {{c.x[0]}, {c.embedding_member + "->weight"}, {c.member}});
}

expression tied_linear_without_bias(leaf_call const& c) {
  return call("torch::linear", {{c.x[0]}, {c.embedding_member + "->weight"}});
}

expression recurrent_layer(std::string const& module, named_numbers const& n) {
  auto options = call(module + "Options", {argument_of(n, "in_channels"), argument_of(n, "channels")});
  options.options.emplace_back(".batch_first(true)");
  return call(module, {options});
}

expression lstm(typed_operation const&, named_numbers const& n) {
  return recurrent_layer("torch::nn::LSTM", n);
}

expression gru(typed_operation const&, named_numbers const& n) {
  return recurrent_layer("torch::nn::GRU", n);
}

expression states(leaf_call const& c) {
  return call("std::get<0>", {call(c.member, {{c.x[0]}})});
}

expression last_step(leaf_call const& c) {
  return {c.x[0] + ".select(1, -1)"};
}

expression attention(typed_operation const&, named_numbers const& n) {
  return call("Attention", {argument_of(n, "in_channels"), argument_of(n, "heads"), argument_of(n, "head_width")});
}

expression positions(typed_operation const&, named_numbers const& n) {
  auto const sizes = list({argument_of(n, "positions"), argument_of(n, "in_channels")});
  return call("torch::normal", {{"0"}, {"0.02"}, sizes});
}

expression position_embedding(leaf_call const& c) {
  return function_of("torch::add", c.x[0], c.member);
}

expression as_image(leaf_call const& c) {
  auto const& x = c.x[0];
  if (c.reads_image())
    return {x};
  return {fmt::format("{0}.transpose(1, 2).reshape({{{0}.size(0), {0}.size(2), {1}, {2}}})", x,
                      c.number_text("in_height"), c.number_text("in_width"))};
}

// Sequences and tokens are laid out alike.
expression as_positions(leaf_call const& c) {
  if (!c.reads_image())
    return {c.x[0]};
  return {c.x[0] + ".flatten(2).transpose(1, 2)"};
}

} // namespace

std::vector<libtorch_form> const& libtorch_sequence_forms() {
  static std::vector<libtorch_form> const rows{
      {{"embedding", {{"in_channels", "channels"}}, embedding, {}}, "torch::nn::Embedding"},
      {{"tied_linear", {{"channels"}}, tied_bias, tied_linear}, "torch::Tensor"},
      {{"tied_linear without bias", {}, {}, tied_linear_without_bias}},
      {{"lstm", {{"in_channels", "channels"}}, lstm, states}, "torch::nn::LSTM"},
      {{"gru", {{"in_channels", "channels"}}, gru, states}, "torch::nn::GRU"},
      {{"last_step", {}, {}, last_step}},
      {{"attention", {{"in_channels", "heads", "head_width"}}, attention, {}, "Attention"}, "Attention"},
      {{"position_embedding", {{"in_channels", "positions"}}, positions, position_embedding}, "torch::Tensor"},
      {{"as_image", {{"in_height", "in_width"}}, {}, as_image}},
      {{"as_sequence", {}, {}, as_positions}},
      {{"as_tokens", {}, {}, as_positions}},
  };
  return rows;
}

} // namespace espalier::compiler
