#include "python_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

expression list_of(std::vector<std::string> const& x) {
  std::vector<expression> elements;
  for (auto const& element : x)
    elements.push_back({element});
  return {"", std::move(elements), {}, "[]"};
}

// An activation is PyTorch's function of another or the same name.
template <char const* Name>
expression activation(leaf_call const& c) {
  return call(Name, {{c.x[0]}});
}

constexpr char relu[] = "torch.relu";
constexpr char relu6[] = "torch.nn.functional.relu6";
constexpr char hard_swish[] = "torch.nn.functional.hardswish";
constexpr char swish[] = "torch.nn.functional.silu";
constexpr char gelu[] = "torch.nn.functional.gelu";
constexpr char sigmoid[] = "torch.sigmoid";
constexpr char tanh[] = "torch.tanh";

expression batch_norm_of(std::string name, typed_operation const& t, named_numbers const& n) {
  auto made = call(std::move(name), {argument_of(n, "in_channels")});
  if (t.op.attribute("search_only") != 0)
    made.arguments.push_back({"affine=False"});
  return made;
}

expression batch_norm_2d(typed_operation const& t, named_numbers const& n) {
  return batch_norm_of("torch.nn.BatchNorm2d", t, n);
}

expression batch_norm_1d(typed_operation const& t, named_numbers const& n) {
  return batch_norm_of("torch.nn.BatchNorm1d", t, n);
}

expression layer_norm(typed_operation const&, named_numbers const& n) {
  return call("torch.nn.LayerNorm", {argument_of(n, "in_channels")});
}

expression linear(typed_operation const& t, named_numbers const& n) {
  auto made = call("torch.nn.Linear", {argument_of(n, "in_channels"), argument_of(n, "channels")});
  if (t.op.attribute("bias") == 0)
    made.arguments.push_back({"bias=False"});
  return made;
}

expression none(leaf_call const& c) {
  if (!c.reads_image() || c.numbers.find("stride")->second.is(1))
    return call("torch.zeros_like", {{c.x[0]}});
  return call("torch.zeros_like", {{fmt::format("{0}[:, :, ::{1}, ::{1}]", c.x[0], c.number_text("stride"))}});
}

expression none_of_channels(leaf_call const& c) {
  auto const one = fmt::format("{0}[:, :1, ::{1}, ::{1}]", c.x[0], c.attribute("stride"));
  return call("torch.zeros_like", {{fmt::format("{}.expand(-1, {}, -1, -1)", one, c.number_text("channels"))}});
}

expression global_avg_pool(leaf_call const& c) {
  return {c.x[0] + (c.reads_image() ? ".mean(dim=(2, 3))" : ".mean(dim=1)")};
}

expression flatten(leaf_call const& c) {
  return {c.x[0] + ".flatten(1)"};
}

expression concat(leaf_call const& c) {
  return call("torch.cat", {list_of(c.x), {fmt::format("dim={}", c.channel_dimension())}});
}

expression average(leaf_call const& c) {
  return call("torch.mean", {call("torch.stack", {list_of(c.x)}), {"dim=0"}});
}

expression weights_of_sum(typed_operation const& t, named_numbers const&) {
  return call("torch.nn.Parameter", {call("torch.zeros", {{std::to_string(t.operands.size())}})});
}

expression weighted_sum(leaf_call const& c) {
  return call("weighted_sum", {list_of(c.x), {c.member}});
}

expression highway(leaf_call const& c) {
  return call("torch.lerp", {{c.x[0]}, {c.x[2]}, call("torch.sigmoid", {{c.x[1]}})});
}

expression chunk(leaf_call const& c) {
  return {fmt::format("{}.chunk({}, dim={})[{}]", c.x[0], c.attribute("parts"), c.channel_dimension(),
                      c.attribute("part"))};
}

// The first channels.
expression truncate(leaf_call const& c) {
  auto const before = c.channel_dimension() == 1 ? "" : ":, ";
  return {fmt::format("{}[:, {}:{}]", c.x[0], before, c.number_text("channels"))};
}

} // namespace

std::vector<leaf_form> const& python_feature_forms() {
  static std::vector<leaf_form> const rows{
      {"relu", {}, {}, activation<relu>},
      {"relu6", {}, {}, activation<relu6>},
      {"hard_swish", {}, {}, activation<hard_swish>},
      {"swish", {}, {}, activation<swish>},
      {"gelu", {}, {}, activation<gelu>},
      {"sigmoid", {}, {}, activation<sigmoid>},
      {"tanh", {}, {}, activation<tanh>},
      {"batch_norm", {{"in_channels"}}, batch_norm_2d, {}},
      {"batch_norm of vectors", {{"in_channels"}}, batch_norm_1d, {}},
      {"layer_norm", {{"in_channels"}}, layer_norm, {}},
      {"linear", {{"in_channels", "channels"}}, linear, {}},
      {"none", {{"stride"}, {"channels"}}, {}, none},
      {"none to other channels", {{"channels"}}, {}, none_of_channels},
      {"global_avg_pool", {}, {}, global_avg_pool},
      {"flatten", {}, {}, flatten},
      {"concat", {}, {}, concat},
      {"average", {}, {}, average},
      {"weighted_sum", {}, weights_of_sum, weighted_sum, "weighted_sum"},
      {"highway", {}, {}, highway},
      {"chunk", {}, {}, chunk},
      {"truncate", {{"channels"}}, {}, truncate},
  };
  return rows;
}

} // namespace espalier::compiler
