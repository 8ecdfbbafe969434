#include "python_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

number const& number_of(named_numbers const& n, std::string_view name) {
  return n.find(name)->second;
}

number same_padding(number const& kernel, number const& dilation = {"", 1}) {
  return same_padding(kernel, dilation, "// 2");
}

expression convolution(std::string name, named_numbers const& n) {
  return call(std::move(name), {argument_of(n, "in_channels"), argument_of(n, "channels"), argument_of(n, "kernel")});
}

expression conv(typed_operation const& t, named_numbers const& n) {
  auto made = convolution("torch.nn.Conv2d", n);
  auto const& kernel = number_of(n, "kernel");
  auto const& dilation = number_of(n, "dilation");
  number const width{"", t.op.attribute("kernel_width")};
  auto padding = same_padding(kernel, dilation);
  if (width.literal != dsl::inherited && !kernel.is(width.literal)) {
    made.arguments.back() = {fmt::format("({}, {})", kernel.text(), width.text())};
    padding = {fmt::format("({}, {})", padding.text(), same_padding(width, dilation).text()), 0};
  }
  add_keyword(made, "stride", number_of(n, "stride"), 1);
  add_keyword(made, "padding", padding, 0);
  add_keyword(made, "dilation", dilation, 1);
  add_keyword(made, "groups", number_of(n, "groups"), 1);
  if (t.op.attribute("bias") == 0)
    made.arguments.push_back({"bias=False"});
  return made;
}

expression rectangular_conv(typed_operation const& t, named_numbers const& n) {
  number const height{"", t.op.attribute("kernel")};
  number const width{"", t.op.attribute("kernel_width")};
  auto const pair = [](auto const& a, auto const& b) { return fmt::format("({}, {})", a, b); };
  auto made = call("torch.nn.Conv2d",
                   {argument_of(n, "in_channels"), argument_of(n, "channels"), {pair(height.text(), width.text())}});
  auto const stride = pair(t.op.attribute("stride_height"), t.op.attribute("stride_width"));
  auto const padding = pair(same_padding(height).text(), same_padding(width).text());
  if (stride != "(1, 1)")
    made.arguments.push_back({"stride=" + stride});
  if (t.op.attribute("padded") != 0 && padding != "(0, 0)")
    made.arguments.push_back({"padding=" + padding});
  made.arguments.push_back({"bias=False"});
  return made;
}

expression quantized_conv(typed_operation const&, named_numbers const& n) {
  std::vector<expression> arguments;
  for (auto const* name : {"in_channels", "channels", "kernel", "stride", "weight_bits", "activation_bits"})
    arguments.push_back(argument_of(n, name));
  return call("QuantizedConv", std::move(arguments));
}

expression factorized_reduce(typed_operation const&, named_numbers const& n) {
  return call("FactorizedReduce", {argument_of(n, "in_channels"), argument_of(n, "channels")});
}

expression transposed_conv(typed_operation const& t, named_numbers const& n) {
  auto made = convolution("torch.nn.ConvTranspose2d", n);
  auto const& stride = number_of(n, "stride");
  auto const& dilation = number_of(n, "dilation");
  number const more = stride.parameter.empty() ? number{"", stride.literal - 1} : number{stride.parameter + " - 1", 0};
  add_keyword(made, "stride", stride, 1);
  add_keyword(made, "padding", same_padding(number_of(n, "kernel"), dilation), 0);
  add_keyword(made, "output_padding", more, 0);
  add_keyword(made, "dilation", dilation, 1);
  add_keyword(made, "groups", number_of(n, "groups"), 1);
  if (t.op.attribute("bias") == 0)
    made.arguments.push_back({"bias=False"});
  return made;
}

// The identity, or average pooling; of the last row and column what there is of the window.
expression shortcut(leaf_call const& c) {
  int const stride = c.attribute("stride");
  if (stride == 1)
    return {c.x[0]};
  return call("torch.nn.functional.avg_pool2d",
              {{c.x[0]}, {std::to_string(stride)}, {"ceil_mode=True"}, {"count_include_pad=False"}});
}

expression shortcut_conv(typed_operation const&, named_numbers const& n) {
  return call("torch.nn.Conv2d", {argument_of(n, "in_channels"), argument_of(n, "channels"), {"1"}, {"bias=False"}});
}

expression changing_shortcut(leaf_call const& c) {
  return call(c.member, {shortcut(c)});
}

expression pool(std::string name, leaf_call const& c) {
  return call(std::move(name),
              {{c.x[0]}, {c.number_text("kernel")}, {fmt::format("stride={}", c.number_text("stride"))}});
}

expression max_pool(leaf_call const& c) {
  auto made = pool("torch.nn.functional.max_pool2d", c);
  if (c.attribute("padded") != 0)
    add_keyword(made, "padding", same_padding(number_of(c.numbers, "kernel")), 0);
  return made;
}

expression avg_pool(leaf_call const& c) {
  auto made = pool("torch.nn.functional.avg_pool2d", c);
  if (c.attribute("padded") != 0) {
    add_keyword(made, "padding", same_padding(number_of(c.numbers, "kernel")), 0);
    made.arguments.push_back({"count_include_pad=False"});
  }
  return made;
}

expression crop(leaf_call const& c) {
  return {c.x[0] + "[:, :, 1:, 1:]"};
}

expression channels_last(leaf_call const& c) {
  return call("channels_last", {{c.x[0]}});
}

expression resize(leaf_call const& c) {
  return call(
      "torch.nn.functional.interpolate",
      {{c.x[0]}, {fmt::format("size={}", c.number_text("size"))}, {"mode=\"bilinear\""}, {"align_corners=False"}});
}

expression upsample(leaf_call const& c) {
  return call("torch.nn.functional.interpolate",
              {{c.x[0]}, {fmt::format("scale_factor={}", c.attribute("factor"))}, {"mode=\"nearest\""}});
}

expression channel_shuffle(leaf_call const& c) {
  return call("shuffle_channels", {{c.x[0]}, {std::to_string(c.attribute("groups"))}});
}

expression channel_part(leaf_call const& c) {
  return {fmt::format("{}[:, {}::{}]", c.x[0], c.attribute("part"), c.attribute("parts"))};
}

expression squeeze_excite(typed_operation const&, named_numbers const& n) {
  return call("SqueezeExcite", {argument_of(n, "in_channels"), argument_of(n, "squeezed")});
}

expression group_norm(typed_operation const&, named_numbers const& n) {
  return call("torch.nn.GroupNorm", {argument_of(n, "groups"), argument_of(n, "in_channels")});
}

expression patch_embedding(typed_operation const& t, named_numbers const& n) {
  auto const patch = std::to_string(t.op.attribute("patch"));
  return call("torch.nn.Conv2d",
              {argument_of(n, "in_channels"), argument_of(n, "channels"), {patch}, {"stride=" + patch}});
}

expression tokens_of_patches(leaf_call const& c) {
  return {fmt::format("{}({}).flatten(2).transpose(1, 2)", c.member, c.x[0])};
}

} // namespace

std::vector<leaf_form> const& python_image_forms() {
  static std::vector<leaf_form> const rows{
      {"conv", {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}}, conv, {}},
      {"rectangular_conv", {{"in_channels", "channels"}}, rectangular_conv, {}},
      {"crop", {}, {}, crop},
      {"channels_last", {}, {}, channels_last, "channels_last"},
      {"quantized_conv",
       {{"in_channels", "channels", "kernel", "stride", "weight_bits", "activation_bits"}},
       quantized_conv,
       {},
       "QuantizedConv"},
      {"factorized_reduce", {{"in_channels", "channels"}}, factorized_reduce, {}, "FactorizedReduce"},
      {"transposed_conv", {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}}, transposed_conv, {}},
      {"shortcut", {{}, {"channels"}}, {}, shortcut},
      {"shortcut to other channels", {{"in_channels", "channels"}}, shortcut_conv, changing_shortcut},
      {"max_pool", {{"kernel", "stride"}}, {}, max_pool},
      {"avg_pool", {{"kernel", "stride"}}, {}, avg_pool},
      {"resize", {{"size"}}, {}, resize},
      {"upsample", {}, {}, upsample},
      {"channel_shuffle", {}, {}, channel_shuffle, "shuffle_channels"},
      {"channel_part", {}, {}, channel_part},
      {"squeeze_excite",
       {{"in_channels", "squeezed"}, {"channels", "ratio", "divisor"}},
       squeeze_excite,
       {},
       "SqueezeExcite"},
      {"group_norm", {{"in_channels", "groups"}}, group_norm, {}},
      {"patch_embedding", {{"in_channels", "channels"}}, patch_embedding, tokens_of_patches},
  };
  return rows;
}

} // namespace espalier::compiler
