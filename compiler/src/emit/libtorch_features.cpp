#include "libtorch_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

expression list_of(std::vector<std::string> const& x) {
  std::vector<expression> elements;
  for (auto const& element : x)
    elements.push_back({element});
  return list(std::move(elements));
}

// An activation is LibTorch's function of another or the same name.
template <char const* Name>
expression activation(leaf_call const& c) {
  return function_of(Name, c.x[0]);
}

constexpr char relu[] = "torch::relu";
constexpr char relu6[] = "torch::relu6";
constexpr char hard_swish[] = "torch::hardswish";
constexpr char swish[] = "torch::silu";
constexpr char gelu[] = "torch::gelu";
constexpr char sigmoid[] = "torch::sigmoid";
constexpr char tanh[] = "torch::tanh";

expression batch_norm_of(std::string const& module, typed_operation const& t, named_numbers const& n) {
  if (t.op.attribute("search_only") == 0)
    return call(module, {argument_of(n, "in_channels")});
  auto options = call(module + "Options", {argument_of(n, "in_channels")});
  options.options.emplace_back(".affine(false)");
  return call(module, {options});
}

expression batch_norm_2d(typed_operation const& t, named_numbers const& n) {
  return batch_norm_of("torch::nn::BatchNorm2d", t, n);
}

expression batch_norm_1d(typed_operation const& t, named_numbers const& n) {
  return batch_norm_of("torch::nn::BatchNorm1d", t, n);
}

expression layer_norm(typed_operation const&, named_numbers const& n) {
  return call("torch::nn::LayerNorm", {call("torch::nn::LayerNormOptions", {list({argument_of(n, "in_channels")})})});
}

expression linear(typed_operation const& t, named_numbers const& n) {
  std::vector<expression> sizes{argument_of(n, "in_channels"), argument_of(n, "channels")};
  if (t.op.attribute("bias") != 0)
    return call("torch::nn::Linear", std::move(sizes));
  auto options = call("torch::nn::LinearOptions", std::move(sizes));
  options.options.emplace_back(".bias(false)");
  return call("torch::nn::Linear", {options});
}

expression none(leaf_call const& c) {
  auto const& x = c.x[0];
  if (!c.reads_image())
    return function_of("torch::zeros_like", x);
  auto const& stride = c.numbers.find("stride")->second;
  auto const strided = function_of("torch::max_pool2d", x, std::string{"1"}, stride.text());
  return call("torch::zeros_like", {stride.is(1) ? expression{x} : strided});
}

expression none_of_channels(leaf_call const& c) {
  auto const& x = c.x[0];
  int const stride = c.attribute("stride");
  auto const side = [&](int d) {
    return stride == 1 ? fmt::format("{}.size({})", x, d)
                       : fmt::format("({}.size({}) + {}) / {}", x, d, stride - 1, stride);
  };
  return {fmt::format("{0}.new_zeros({{{0}.size(0), {1}, {2}, {3}}})", x, c.number_text("channels"), side(2), side(3))};
}

expression global_avg_pool(leaf_call const& c) {
  return {c.x[0] + (c.reads_image() ? ".mean({2, 3})" : ".mean(1)")};
}

expression flatten(leaf_call const& c) {
  return {c.x[0] + ".flatten(1)"};
}

expression concat(leaf_call const& c) {
  return call("torch::cat", {list_of(c.x), {std::to_string(c.channel_dimension())}});
}

expression average(leaf_call const& c) {
  return call("torch::mean", {call("torch::stack", {list_of(c.x)}), {"0"}});
}

expression weights_of_sum(typed_operation const& t, named_numbers const&) {
  return call("torch::zeros", {{std::to_string(t.operands.size())}});
}

expression weighted_sum(leaf_call const& c) {
  return call("weighted_sum", {list_of(c.x), {c.member}});
}

expression highway(leaf_call const& c) {
  return call("torch::lerp", {{c.x[0]}, {c.x[2]}, function_of("torch::sigmoid", c.x[1])});
}

expression chunk(leaf_call const& c) {
  return {
      fmt::format("{}.chunk({}, {})[{}]", c.x[0], c.attribute("parts"), c.channel_dimension(), c.attribute("part"))};
}

expression truncate(leaf_call const& c) {
  return {fmt::format("{}.narrow({}, 0, {})", c.x[0], c.channel_dimension(), c.number_text("channels"))};
}

} // namespace

std::vector<libtorch_form> const& libtorch_feature_forms() {
  static std::vector<libtorch_form> const rows{
      {{"relu", {}, {}, activation<relu>}},
      {{"relu6", {}, {}, activation<relu6>}},
      {{"hard_swish", {}, {}, activation<hard_swish>}},
      {{"swish", {}, {}, activation<swish>}},
      {{"gelu", {}, {}, activation<gelu>}},
      {{"sigmoid", {}, {}, activation<sigmoid>}},
      {{"tanh", {}, {}, activation<tanh>}},
      {{"batch_norm", {{"in_channels"}}, batch_norm_2d, {}}, "torch::nn::BatchNorm2d"},
      {{"batch_norm of vectors", {{"in_channels"}}, batch_norm_1d, {}}, "torch::nn::BatchNorm1d"},
      {{"layer_norm", {{"in_channels"}}, layer_norm, {}}, "torch::nn::LayerNorm"},
      {{"linear", {{"in_channels", "channels"}}, linear, {}}, "torch::nn::Linear"},
      {{"none", {{"stride"}, {"channels"}}, {}, none}},
      {{"none to other channels", {{"channels"}}, {}, none_of_channels}},
      {{"global_avg_pool", {}, {}, global_avg_pool}},
      {{"flatten", {}, {}, flatten}},
      {{"concat", {}, {}, concat}},
      {{"average", {}, {}, average}},
      {{"weighted_sum", {}, weights_of_sum, weighted_sum, "weighted_sum"}, "torch::Tensor"},
      {{"highway", {}, {}, highway}},
      {{"chunk", {}, {}, chunk}},
      {{"truncate", {{"channels"}}, {}, truncate}},
  };
  return rows;
}

} // namespace espalier::compiler
