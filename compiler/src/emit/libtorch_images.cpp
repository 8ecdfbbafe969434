#include "libtorch_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

number same_padding(number const& kernel, number const& dilation = {"", 1}) {
  return same_padding(kernel, dilation, "/ 2");
}

void add_option(expression& options, std::string_view name, number const& value, int preset) {
  if (!value.is(preset))
    options.options.push_back(fmt::format(".{}({})", name, value.text()));
}

expression convolution_options(std::string name, named_numbers const& n) {
  return call(std::move(name), {argument_of(n, "in_channels"), argument_of(n, "channels"), argument_of(n, "kernel")});
}

expression conv(typed_operation const& t, named_numbers const& n) {
  auto options = convolution_options("torch::nn::Conv2dOptions", n);
  auto const& kernel = n.find("kernel")->second;
  auto const& dilation = n.find("dilation")->second;
  number const width{"", t.op.attribute("kernel_width")};
  auto padding = same_padding(kernel, dilation);
  if (width.literal != dsl::inherited && !kernel.is(width.literal)) {
    options.arguments.back() = list({{kernel.text()}, {width.text()}});
    padding = {fmt::format("{{{}, {}}}", padding.text(), same_padding(width, dilation).text()), 0};
  }
  add_option(options, "stride", n.find("stride")->second, 1);
  add_option(options, "padding", padding, 0);
  add_option(options, "dilation", dilation, 1);
  add_option(options, "groups", n.find("groups")->second, 1);
  if (t.op.attribute("bias") == 0)
    options.options.emplace_back(".bias(false)");
  return call("torch::nn::Conv2d", {options});
}

expression rectangular_conv(typed_operation const& t, named_numbers const& n) {
  number const height{"", t.op.attribute("kernel")};
  number const width{"", t.op.attribute("kernel_width")};
  auto const pair = [](std::string const& a, std::string const& b) { return list({{a}, {b}}); };
  auto options = call("torch::nn::Conv2dOptions",
                      {argument_of(n, "in_channels"), argument_of(n, "channels"), pair(height.text(), width.text())});
  auto const stride =
      pair(std::to_string(t.op.attribute("stride_height")), std::to_string(t.op.attribute("stride_width")));
  auto const padding = pair(same_padding(height).text(), same_padding(width).text());
  if (stride.flat() != "{1, 1}")
    options.options.push_back(fmt::format(".stride({})", stride.flat()));
  if (t.op.attribute("padded") != 0 && padding.flat() != "{0, 0}")
    options.options.push_back(fmt::format(".padding({})", padding.flat()));
  options.options.emplace_back(".bias(false)");
  return call("torch::nn::Conv2d", {options});
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
  auto options = convolution_options("torch::nn::ConvTranspose2dOptions", n);
  auto const& stride = n.find("stride")->second;
  auto const& dilation = n.find("dilation")->second;
  number const more = stride.parameter.empty() ? number{"", stride.literal - 1} : number{stride.parameter + " - 1", 0};
  add_option(options, "stride", stride, 1);
  add_option(options, "padding", same_padding(n.find("kernel")->second, dilation), 0);
  add_option(options, "output_padding", more, 0);
  add_option(options, "dilation", dilation, 1);
  add_option(options, "groups", n.find("groups")->second, 1);
  if (t.op.attribute("bias") == 0)
    options.options.emplace_back(".bias(false)");
  return call("torch::nn::ConvTranspose2d", {options});
}

expression crop(leaf_call const& c) {
  return {c.x[0] + ".slice(/*dim=*/2, /*start=*/1).slice(/*dim=*/3, /*start=*/1)"};
}

expression channels_last(leaf_call const& c) {
  return call("channels_last", {{c.x[0]}});
}

// The identity, or average pooling; of the last row and column what there is of the window.
expression shortcut(leaf_call const& c) {
  auto const stride = std::to_string(c.attribute("stride"));
  if (stride == "1")
    return {c.x[0]};
  return function_of("torch::avg_pool2d", c.x[0], stride, stride, std::string{"0"}, std::string{"/*ceil_mode=*/true"},
                     std::string{"/*count_include_pad=*/false"});
}

expression shortcut_conv(typed_operation const&, named_numbers const& n) {
  auto options = call("torch::nn::Conv2dOptions", {argument_of(n, "in_channels"), argument_of(n, "channels"), {"1"}});
  options.options.emplace_back(".bias(false)");
  return call("torch::nn::Conv2d", {options});
}

expression changing_shortcut(leaf_call const& c) {
  return call(c.member, {shortcut(c)});
}

expression max_pool(leaf_call const& c) {
  auto pool = function_of("torch::max_pool2d", c.x[0], c.number_text("kernel"), c.number_text("stride"));
  if (c.attribute("padded") != 0)
    pool.arguments.push_back({same_padding(c.numbers.find("kernel")->second).text()});
  return pool;
}

expression avg_pool(leaf_call const& c) {
  auto pool = max_pool(c);
  pool.name = "torch::avg_pool2d";
  if (c.attribute("padded") != 0) {
    pool.arguments.push_back({"/*ceil_mode=*/false"});
    pool.arguments.push_back({"/*count_include_pad=*/false"});
  }
  return pool;
}

expression resize(leaf_call const& c) {
  auto const size = c.number_text("size");
  return call("torch::upsample_bilinear2d", {{c.x[0]}, list({{size}, {size}}), {"/*align_corners=*/false"}});
}

expression upsample(leaf_call const& c) {
  auto const side = [&](int d) {
    return expression{fmt::format("{}.size({}) * {}", c.x[0], d, c.attribute("factor"))};
  };
  return call("torch::upsample_nearest2d", {{c.x[0]}, list({side(2), side(3)})});
}

expression channel_shuffle(leaf_call const& c) {
  return function_of("shuffle_channels", c.x[0], std::to_string(c.attribute("groups")));
}

expression channel_part(leaf_call const& c) {
  return {fmt::format("{0}.slice(/*dim=*/1, /*start=*/{1}, /*end=*/{0}.size(1), /*step=*/{2})", c.x[0],
                      c.attribute("part"), c.attribute("parts"))};
}

expression squeeze_excite(typed_operation const&, named_numbers const& n) {
  return call("SqueezeExcite", {argument_of(n, "in_channels"), argument_of(n, "squeezed")});
}

expression group_norm(typed_operation const&, named_numbers const& n) {
  return call("torch::nn::GroupNorm",
              {call("torch::nn::GroupNormOptions", {argument_of(n, "groups"), argument_of(n, "in_channels")})});
}

expression patch_embedding(typed_operation const& t, named_numbers const& n) {
  auto const patch = std::to_string(t.op.attribute("patch"));
  auto options = call("torch::nn::Conv2dOptions", {argument_of(n, "in_channels"), argument_of(n, "channels"), {patch}});
  options.options.push_back(fmt::format(".stride({})", patch));
  return call("torch::nn::Conv2d", {options});
}

expression tokens_of_patches(leaf_call const& c) {
  return {fmt::format("{}({}).flatten(2).transpose(1, 2)", c.member, c.x[0])};
}

} // namespace

std::vector<libtorch_form> const& libtorch_image_forms() {
  static std::vector<libtorch_form> const rows{
      {{"conv", {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}}, conv, {}},
       "torch::nn::Conv2d"},
      {{"rectangular_conv", {{"in_channels", "channels"}}, rectangular_conv, {}}, "torch::nn::Conv2d"},
      {{"quantized_conv",
        {{"in_channels", "channels", "kernel", "stride", "weight_bits", "activation_bits"}},
        quantized_conv,
        {},
        "QuantizedConv"},
       "QuantizedConv"},
      {{"factorized_reduce", {{"in_channels", "channels"}}, factorized_reduce, {}, "FactorizedReduce"},
       "FactorizedReduce"},
      {{"transposed_conv",
        {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}},
        transposed_conv,
        {}},
       "torch::nn::ConvTranspose2d"},
      {{"shortcut", {{}, {"channels"}}, {}, shortcut}},
      {{"shortcut to other channels", {{"in_channels", "channels"}}, shortcut_conv, changing_shortcut},
       "torch::nn::Conv2d"},
      {{"max_pool", {{"kernel", "stride"}}, {}, max_pool}},
      {{"avg_pool", {{"kernel", "stride"}}, {}, avg_pool}},
      {{"crop", {}, {}, crop}},
      {{"channels_last", {}, {}, channels_last, "channels_last"}},
      {{"resize", {{"size"}}, {}, resize}},
      {{"upsample", {}, {}, upsample}},
      {{"channel_shuffle", {}, {}, channel_shuffle, "shuffle_channels"}},
      {{"channel_part", {}, {}, channel_part}},
      {{"squeeze_excite",
        {{"in_channels", "squeezed"}, {"channels", "ratio", "divisor"}},
        squeeze_excite,
        {},
        "SqueezeExcite"},
       "SqueezeExcite"},
      {{"group_norm", {{"in_channels", "groups"}}, group_norm, {}}, "torch::nn::GroupNorm"},
      {{"patch_embedding", {{"in_channels", "channels"}}, patch_embedding, tokens_of_patches}, "torch::nn::Conv2d"},
  };
  return rows;
}

} // namespace espalier::compiler
