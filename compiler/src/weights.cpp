#include <espalier/compiler/weights.hpp>

#include "decided_number.hpp"
#include "derived_numbers.hpp"

#include <espalier/compiler/error.hpp>

#include <functional>
#include <map>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using tensors = std::vector<held_tensor>;
using enum dimension_part;
using enum initial_values;

tensor_dimension features(int count) {
  return {first, count, 1};
}
tensor_dimension channels_read(int count) {
  return {used, count, count};
}
tensor_dimension window(int size) {
  return {centre, size, 1};
}

held_tensor bias(int count, std::string name = "bias") {
  return {std::move(name), fan_in_of_weight, {features(count)}};
}

tensors conv(operation const& op, tensor_type const& in) {
  int const out = op.attribute("channels");
  int const groups = op.attribute("groups");
  bool const is_depthwise = groups > 1 && groups == in.channels;
  auto const outputs = is_depthwise ? tensor_dimension{used, out, in.channels} : features(out);
  auto const inputs = groups == 1 ? channels_read(in.channels) : features(in.channels / groups);
  tensors held{{"weight", fan_in, {outputs, inputs, window(op.attribute("kernel")), window(kernel_width(op))}}};
  if (op.attribute("bias") != 0)
    held.push_back({"bias", fan_in_of_weight, {outputs}});
  return held;
}

tensors rectangular_conv(operation const& op, tensor_type const& in) {
  return {{"weight",
           fan_in,
           {features(op.attribute("channels")), channels_read(in.channels), window(op.attribute("kernel")),
            window(op.attribute("kernel_width"))}}};
}

tensors quantized_conv(operation const& op, tensor_type const& in) {
  auto const kernel = window(op.attribute("kernel"));
  return {{"weight", fan_in, {features(op.attribute("channels")), channels_read(in.channels), kernel, kernel}}};
}

held_tensor pointwise(std::string name, tensor_dimension out, tensor_dimension in) {
  return {std::move(name), fan_in, {out, in, window(1), window(1)}};
}

tensors factorized_reduce(operation const& op, tensor_type const& in) {
  auto const half = features(op.attribute("channels") / 2);
  return {pointwise("conv0.weight", half, channels_read(in.channels)),
          pointwise("conv1.weight", half, channels_read(in.channels))};
}

tensors shortcut(operation const& op, tensor_type const& in) {
  return {pointwise("weight", features(op.attribute("channels")), channels_read(in.channels))};
}

tensors transposed_conv(operation const& op, tensor_type const& in) {
  auto const kernel = window(op.attribute("kernel"));
  auto const out = features(op.attribute("channels") / op.attribute("groups"));
  tensors held{{"weight", fan_in, {channels_read(in.channels), out, kernel, kernel}}};
  if (op.attribute("bias") != 0)
    held.push_back(bias(op.attribute("channels")));
  return held;
}

tensors scale_and_shift(operation const&, tensor_type const& in) {
  return {{"weight", ones, {channels_read(in.channels)}}, {"bias", zeros, {channels_read(in.channels)}}};
}

tensors batch_norm(operation const& op, tensor_type const& in) {
  auto held = op.attribute("search_only") != 0 ? tensors{} : scale_and_shift(op, in);
  held.push_back({"running_mean", zeros, {channels_read(in.channels)}, true});
  held.push_back({"running_var", ones, {channels_read(in.channels)}, true});
  held.push_back({"num_batches_tracked", zeros, {}, true});
  return held;
}

tensors squeeze_excite(operation const& op, tensor_type const& in) {
  auto const squeezed = features(squeezed_channels(op));
  auto const all = channels_read(in.channels);
  return {pointwise("reduce.weight", squeezed, all),
          {"reduce.bias", fan_in_of_weight, {squeezed}},
          pointwise("expand.weight", all, squeezed),
          {"expand.bias", fan_in_of_weight, {all}}};
}

tensors linear(operation const& op, tensor_type const& in) {
  auto const out = op.attribute("channels");
  tensors held{{"weight", fan_in, {features(out), channels_read(in.channels)}}};
  if (op.attribute("bias") != 0)
    held.push_back(bias(out));
  return held;
}

tensors tied_linear(operation const& op, tensor_type const&) {
  if (op.attribute("bias") == 0)
    return {};
  return {{"", zeros, {features(op.attribute("channels"))}}};
}

tensors embedding(operation const& op, tensor_type const& in) {
  return {{"weight", normal, {channels_read(in.channels), features(op.attribute("channels"))}}};
}

tensors gated(int gates, operation const& op, tensor_type const& in) {
  int const out = op.attribute("channels");
  tensor_dimension const all{first, gates * out, gates};
  return {{"weight_ih_l0", state_features, {all, channels_read(in.channels)}},
          {"weight_hh_l0", state_features, {all, features(out)}},
          {"bias_ih_l0", state_features, {all}},
          {"bias_hh_l0", state_features, {all}}};
}

tensors attention(operation const& op, tensor_type const& in) {
  int const heads = op.attribute("heads");
  // Where the heads divide the features among them, their number changes nothing.
  auto const inner = op.attribute("head_width") == 0 ? features(in.channels)
                                                     : tensor_dimension{first, heads * head_width(op, in), heads};
  auto const outer = channels_read(in.channels);
  tensors held;
  for (auto const* name : {"query", "key", "value"}) {
    held.push_back({fmt::format("{}.weight", name), fan_in, {inner, outer}});
    held.push_back({fmt::format("{}.bias", name), fan_in_of_weight, {inner}});
  }
  held.push_back({"projection.weight", fan_in, {outer, inner}});
  held.push_back({"projection.bias", fan_in_of_weight, {outer}});
  return held;
}

tensors patch_embedding(operation const& op, tensor_type const& in) {
  int const out = op.attribute("channels");
  auto const side = window(op.attribute("patch"));
  return {{"weight", fan_in, {features(out), channels_read(in.channels), side, side}}, bias(out)};
}

tensors position_embedding(operation const&, tensor_type const& in) {
  // A smaller map uses the first columns of the first rows.
  return {{"", small_normal, {{first, in.height * in.width, in.height}, channels_read(in.channels)}}};
}

using holder_of = tensors (*)(operation const&, tensor_type const&);

std::map<std::string_view, holder_of> const holders{
    {"conv", conv},
    {"rectangular_conv", rectangular_conv},
    {"quantized_conv", quantized_conv},
    {"factorized_reduce", factorized_reduce},
    {"transposed_conv", transposed_conv},
    {"batch_norm", batch_norm},
    {"layer_norm", scale_and_shift},
    {"group_norm", scale_and_shift},
    {"squeeze_excite", squeeze_excite},
    {"linear", linear},
    {"tied_linear", tied_linear},
    {"embedding", embedding},
    {"lstm", [](operation const& op, tensor_type const& in) { return gated(4, op, in); }},
    {"gru", [](operation const& op, tensor_type const& in) { return gated(3, op, in); }},
    {"attention", attention},
    {"patch_embedding", patch_embedding},
    {"position_embedding", position_embedding},
};

} // namespace

long long held_tensor::elements() const {
  return std::transform_reduce(dimensions.begin(), dimensions.end(), 1LL, std::multiplies{},
                               [](tensor_dimension const& d) { return static_cast<long long>(d.size); });
}

std::vector<held_tensor> held_tensors(operation const& op, std::vector<tensor_type> const& operands,
                                      tensor_holder holder) {
  if (op.form() == structure::weighted_sum)
    return {{"", zeros, {features(static_cast<int>(operands.size()))}}};
  auto const& in = operands.front();
  if (op.is("shortcut")) {
    bool const may_change = holder == tensor_holder::supernet || in.channels != op.attribute("channels");
    return may_change ? shortcut(op, in) : tensors{};
  }
  auto const found = holders.find(op.declaration->name);
  return found == holders.end() ? tensors{} : found->second(op, in);
}

operation at_widest(operation leaf, tensor_type const& in, tensor_type const& block_input) {
  auto const& declaration = *leaf.declaration;
  auto const numbers = numbers_of(leaf, number_scope::of(dsl::shape_of(block_input)));
  for (auto const& number : leaf.decided) {
    auto const i = number.attribute;
    bool const falls = declaration.attributes[i].rules.cost == dsl::trend::falls; // fewer groups, larger tensors
    leaf.attributes[i] = static_cast<int>(falls ? numbers[i].low : numbers[i].high);
  }
  leaf.decided.clear();
  bool const sets_channels = declaration.channels < dsl::max_attributes && !leaf.is("squeeze_excite");
  if (sets_channels)
    leaf.attributes[declaration.channels] = leaf.type().channels;
  int edge_stride = 1;
  leaf.attributes = dsl::resolve(declaration, leaf.attributes, in, edge_stride);
  return leaf;
}

} // namespace espalier::compiler
