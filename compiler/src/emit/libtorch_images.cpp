#include "libtorch_leaves.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using numbers = libtorch_form::numbers;

void add_option(expression& options, std::string_view name, number const& value, int preset) {
  if (!value.is(preset))
    options.options.push_back(fmt::format(".{}({})", name, value.text()));
}

expression convolution_options(std::string name, numbers const& n) {
  return call(std::move(name),
              {number_argument(n, "in_channels"), number_argument(n, "channels"), number_argument(n, "kernel")});
}

expression conv(typed_operation const& t, numbers const& n) {
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

expression layout(libtorch_call const& c) {
  return function_of("channels_last", c.x[0]);
}

expression rectangular_conv(typed_operation const& t, numbers const& n) {
  number const height{"", t.op.attribute("kernel")};
  number const width{"", t.op.attribute("kernel_width")};
  auto const pair = [](std::string const& a, std::string const& b) { return list({{a}, {b}}); };
  auto options = call("torch::nn::Conv2dOptions", {number_argument(n, "in_channels"), number_argument(n, "channels"),
                                                   pair(height.text(), width.text())});
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

expression quantized_conv(typed_operation const&, numbers const& n) {
  std::vector<expression> arguments;
  for (auto const* name : {"in_channels", "channels", "kernel", "stride", "weight_bits", "activation_bits"})
    arguments.push_back(number_argument(n, name));
  return call("QuantizedConv", std::move(arguments));
}

expression factorized_reduce(typed_operation const&, numbers const& n) {
  return call("FactorizedReduce", {number_argument(n, "in_channels"), number_argument(n, "channels")});
}

expression transposed_conv(typed_operation const& t, numbers const& n) {
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

expression channels_last(libtorch_call const& c) {
  return call("channels_last", {{c.x[0]}});
}

// The identity, or average pooling; of the last row and column what there is of the window.
expression shortcut(libtorch_call const& c) {
  auto const stride = std::to_string(c.of.op.attribute("stride"));
  if (stride == "1")
    return {c.x[0]};
  return function_of("torch::avg_pool2d", c.x[0], stride, stride, std::string{"0"}, std::string{"/*ceil_mode=*/true"},
                     std::string{"/*count_include_pad=*/false"});
}

expression shortcut_conv(typed_operation const&, numbers const& n) {
  auto options =
      call("torch::nn::Conv2dOptions", {number_argument(n, "in_channels"), number_argument(n, "channels"), {"1"}});
  options.options.emplace_back(".bias(false)");
  return call("torch::nn::Conv2d", {options});
}

expression changing_shortcut(libtorch_call const& c) {
  return call(c.member, {shortcut(c)});
}

expression max_pool(libtorch_call const& c) {
  auto pool = function_of("torch::max_pool2d", c.x[0], c.number_text("kernel"), c.number_text("stride"));
  if (c.of.op.attribute("padded") != 0)
    pool.arguments.push_back({same_padding(c.numbers.find("kernel")->second).text()});
  return pool;
}

expression avg_pool(libtorch_call const& c) {
  auto pool = max_pool(c);
  pool.name = "torch::avg_pool2d";
  if (c.of.op.attribute("padded") != 0) {
    pool.arguments.push_back({"/*ceil_mode=*/false"});
    pool.arguments.push_back({"/*count_include_pad=*/false"});
  }
  return pool;
}

expression resize(libtorch_call const& c) {
  auto const size = c.number_text("size");
  return call("torch::upsample_bilinear2d", {{c.x[0]}, list({{size}, {size}}), {"/*align_corners=*/false"}});
}

expression upsample(libtorch_call const& c) {
  auto const side = [&](int d) {
    return expression{fmt::format("{}.size({}) * {}", c.x[0], d, c.of.op.attribute("factor"))};
  };
  return call("torch::upsample_nearest2d", {{c.x[0]}, list({side(2), side(3)})});
}

expression channel_shuffle(libtorch_call const& c) {
  return function_of("torch::channel_shuffle", c.x[0], std::to_string(c.of.op.attribute("groups")));
}

expression channel_part(libtorch_call const& c) {
  return {fmt::format("{0}.slice(/*dim=*/1, /*start=*/{1}, /*end=*/{0}.size(1), /*step=*/{2})", c.x[0],
                      c.of.op.attribute("part"), c.of.op.attribute("parts"))};
}

expression squeeze_excite(typed_operation const&, numbers const& n) {
  return call("SqueezeExcite", {number_argument(n, "in_channels"), number_argument(n, "squeezed")});
}

expression group_norm(typed_operation const&, numbers const& n) {
  return call("torch::nn::GroupNorm",
              {call("torch::nn::GroupNormOptions", {number_argument(n, "groups"), number_argument(n, "in_channels")})});
}

expression patch_embedding(typed_operation const& t, numbers const& n) {
  auto const patch = std::to_string(t.op.attribute("patch"));
  auto options =
      call("torch::nn::Conv2dOptions", {number_argument(n, "in_channels"), number_argument(n, "channels"), {patch}});
  options.options.push_back(fmt::format(".stride({})", patch));
  return call("torch::nn::Conv2d", {options});
}

expression tokens_of_patches(libtorch_call const& c) {
  return {fmt::format("{}({}).flatten(2).transpose(1, 2)", c.member, c.x[0])};
}

} // namespace

std::vector<libtorch_form> const& libtorch_image_forms() {
  static std::vector<libtorch_form> const rows{
      {"conv", {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}}, "torch::nn::Conv2d", conv, {}},
      {"rectangular_conv", {{"in_channels", "channels"}}, "torch::nn::Conv2d", rectangular_conv, {}},
      {"quantized_conv",
       {{"in_channels", "channels", "kernel", "stride", "weight_bits", "activation_bits"}},
       "QuantizedConv",
       quantized_conv,
       {},
       "QuantizedConv"},
      {"factorized_reduce",
       {{"in_channels", "channels"}},
       "FactorizedReduce",
       factorized_reduce,
       {},
       "FactorizedReduce"},
      {"transposed_conv",
       {{"in_channels", "channels", "kernel", "stride", "dilation", "groups"}},
       "torch::nn::ConvTranspose2d",
       transposed_conv,
       {}},
      {"shortcut", {{}, {"channels"}}, "", {}, shortcut},
      {"shortcut to other channels",
       {{"in_channels", "channels"}},
       "torch::nn::Conv2d",
       shortcut_conv,
       changing_shortcut},
      {"max_pool", {{"kernel", "stride"}}, "", {}, max_pool},
      {"avg_pool", {{"kernel", "stride"}}, "", {}, avg_pool},
      {"channels_last", {}, "", {}, channels_last, "channels_last"},
      {"channels_last", {}, "", {}, layout, "channels_last"},
      {"resize", {{"size"}}, "", {}, resize},
      {"upsample", {}, "", {}, upsample},
      {"channel_shuffle", {}, "", {}, channel_shuffle},
      {"channel_part", {}, "", {}, channel_part},
      {"squeeze_excite",
       {{"in_channels", "squeezed"}, {"channels", "ratio", "divisor"}},
       "SqueezeExcite",
       squeeze_excite,
       {},
       "SqueezeExcite"},
      {"group_norm", {{"in_channels", "groups"}}, "torch::nn::GroupNorm", group_norm, {}},
      {"patch_embedding", {{"in_channels", "channels"}}, "torch::nn::Conv2d", patch_embedding, tokens_of_patches},
  };
  return rows;
}

} // namespace espalier::compiler
