#include "python_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

expression embedding(typed_operation const&, named_numbers const& n) {
  return call("torch.nn.Embedding", {argument_of(n, "in_channels"), argument_of(n, "channels")});
}

expression tied_bias(typed_operation const&, named_numbers const& n) {
  return call("torch.nn.Parameter", {call("torch.zeros", {argument_of(n, "channels")})});
}

expression tied_linear(leaf_call const& c) {
  return call("torch.nn.functional.linear", {{c.x[0]}, {c.embedding_member + ".weight"}, {c.member}});
}

expression tied_linear_without_bias(leaf_call const& c) {
  return call("torch.nn.functional.linear", {{c.x[0]}, {c.embedding_member + ".weight"}});
}

expression recurrent_layer(std::string name, named_numbers const& n) {
  return call(std::move(name), {argument_of(n, "in_channels"), argument_of(n, "channels"), {"batch_first=True"}});
}

expression lstm(typed_operation const&, named_numbers const& n) {
  return recurrent_layer("torch.nn.LSTM", n);
}

expression gru(typed_operation const&, named_numbers const& n) {
  return recurrent_layer("torch.nn.GRU", n);
}

expression states(leaf_call const& c) {
  return {fmt::format("{}({})[0]", c.member, c.x[0])};
}

expression last_step(leaf_call const& c) {
  return {c.x[0] + "[:, -1]"};
}

expression attention(typed_operation const&, named_numbers const& n) {
  return call("Attention", {argument_of(n, "in_channels"), argument_of(n, "heads"), argument_of(n, "head_width")});
}

expression positions(typed_operation const&, named_numbers const& n) {
  auto const random = call("torch.randn", {argument_of(n, "positions"), argument_of(n, "in_channels")});
  return call("torch.nn.Parameter", {{"0.02 * " + random.flat()}});
}

expression position_embedding(leaf_call const& c) {
  return call("torch.add", {{c.x[0]}, {c.member}});
}

expression as_image(leaf_call const& c) {
  return {fmt::format("{}.transpose(1, 2).unflatten(2, ({}, {}))", c.x[0], c.number_text("in_height"),
                      c.number_text("in_width"))};
}

// Sequences and tokens are laid out alike.
expression as_positions(leaf_call const& c) {
  if (!c.reads_image())
    return {c.x[0]};
  return {c.x[0] + ".flatten(2).transpose(1, 2)"};
}

} // namespace

std::vector<leaf_form> const& python_sequence_forms() {
  static std::vector<leaf_form> const rows{
      {"embedding", {{"in_channels", "channels"}}, embedding, {}},
      {"tied_linear", {{"channels"}}, tied_bias, tied_linear},
      {"tied_linear without bias", {}, {}, tied_linear_without_bias},
      {"lstm", {{"in_channels", "channels"}}, lstm, states},
      {"gru", {{"in_channels", "channels"}}, gru, states},
      {"last_step", {}, {}, last_step},
      {"attention", {{"in_channels", "heads", "head_width"}}, attention, {}, "Attention"},
      {"position_embedding", {{"in_channels", "positions"}}, positions, position_embedding},
      {"as_image", {{"in_height", "in_width"}}, {}, as_image},
      {"as_sequence", {}, {}, as_positions},
      {"as_tokens", {}, {}, as_positions},
  };
  return rows;
}

} // namespace espalier::compiler
