#include "leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <cmath>
#include <limits>

namespace espalier::onnx {

namespace {

constexpr float epsilon = 1e-5F;

std::vector<attribute> window(std::int64_t height, std::int64_t width, std::int64_t stride, std::int64_t dilation) {
  auto const top = dilation * (height - 1) / 2;
  auto const left = dilation * (width - 1) / 2;
  return {{"kernel_shape", integers{height, width}},
          {"strides", integers{stride, stride}},
          {"dilations", integers{dilation, dilation}},
          {"pads", integers{top, left, top, left}}};
}

std::string conv(placed_operation const& p, model_writer& model) {
  int const height = p.number("kernel");
  int const width = p.number("kernel_width") == dsl::inherited ? height : p.number("kernel_width");
  int const groups = p.number("groups");
  auto attributes = window(height, width, p.number("stride"), p.number("dilation"));
  attributes.emplace_back("group", std::int64_t{groups});
  integers const shape{p.number("channels"), p.in().channels / groups, height, width};
  std::vector<std::string> inputs{p.x(), model.weight(p.path + ".weight", shape)};
  if (p.number("bias") != 0)
    inputs.push_back(model.weight(p.path + ".bias", {p.number("channels")}));
  return model.node("Conv", inputs, attributes, p.path);
}

std::string rectangular_conv(placed_operation const& p, model_writer& model) {
  std::int64_t const height = p.number("kernel");
  std::int64_t const width = p.number("kernel_width");
  auto const top = p.number("padded") != 0 ? (height - 1) / 2 : 0;
  auto const left = p.number("padded") != 0 ? (width - 1) / 2 : 0;
  auto const weight = model.weight(p.path + ".weight", {p.number("channels"), p.in().channels, height, width});
  return model.node("Conv", {p.x(), weight},
                    {{"kernel_shape", integers{height, width}},
                     {"strides", integers{p.number("stride_height"), p.number("stride_width")}},
                     {"pads", integers{top, left, top, left}}},
                    p.path);
}

constexpr int full_precision = 32;

// Rounds numbers in [0, 1] to so many bits.
std::string rounded(std::string x, int bits, std::string const& path, model_writer& model) {
  auto const steps = model.constant(std::exp2(static_cast<float>(bits)) - 1, path + ".steps");
  x = model.node("Round", {model.node("Mul", {x, steps}, {}, path)}, {}, path);
  return model.node("Div", {x, steps}, {}, path);
}

// DoReFa (Zhou et al. 2016), equations 8 and 9.
std::string quantized_weight(std::string const& weight, int bits, std::string const& path, model_writer& model) {
  auto const extreme = [&](std::string_view reduction, std::string const& of) {
    return model.node(reduction, {model.node("Abs", {of}, {}, path)}, {{"keepdims", std::int64_t{0}}}, path);
  };
  if (bits == full_precision)
    return weight;
  if (bits == 1)
    return model.node("Mul", {model.node("Sign", {weight}, {}, path), extreme("ReduceMean", weight)}, {}, path);
  auto const two = model.constant(2, path + ".two");
  auto const bounded = model.node("Tanh", {weight}, {}, path);
  auto const span = model.node("Mul", {extreme("ReduceMax", bounded), two}, {}, path);
  auto const shifted =
      model.node("Add", {model.node("Div", {bounded, span}, {}, path), model.constant(0.5F, path + ".half")}, {}, path);
  auto const doubled = model.node("Mul", {rounded(shifted, bits, path, model), two}, {}, path);
  return model.node("Sub", {doubled, model.constant(1, path + ".one")}, {}, path);
}

std::string quantized_conv(placed_operation const& p, model_writer& model) {
  int const kernel = p.number("kernel");
  auto x = p.x();
  if (int const bits = p.number("activation_bits"); bits != full_precision) {
    auto const inside = p.path + ".input";
    x = model.node("Clip", {x, model.constant(0, inside + ".low"), model.constant(1, inside + ".high")}, {}, inside);
    x = rounded(x, bits, inside, model);
  }
  auto const weight = model.weight(p.path + ".weight", {p.number("channels"), p.in().channels, kernel, kernel});
  return model.node("Conv", {x, quantized_weight(weight, p.number("weight_bits"), p.path + ".quantized_weight", model)},
                    window(kernel, kernel, p.number("stride"), 1), p.path);
}

// A convolution of kernel 1.
std::string pointwise(std::string const& x, std::vector<std::string> const& held, std::int64_t stride,
                      std::string const& path, model_writer& model) {
  std::vector<std::string> inputs{x};
  inputs.insert(inputs.end(), held.begin(), held.end());
  return model.node("Conv", inputs, window(1, 1, stride, 1), path);
}

// Without the first row and column.
std::string cropped(placed_operation const& p, std::string const& path, model_writer& model) {
  return model.node("Slice",
                    {p.x(), model.constant(integers{1, 1}, p.path + ".starts"),
                     model.constant(integers{p.in().height, p.in().width}, p.path + ".ends"),
                     model.constant(integers{2, 3}, p.path + ".axes")},
                    {}, path);
}

std::string crop(placed_operation const& p, model_writer& model) {
  return cropped(p, p.path, model);
}

std::string factorized_reduce(placed_operation const& p, model_writer& model) {
  integers const shape{p.number("channels") / 2, p.in().channels, 1, 1};
  auto const first = pointwise(p.x(), {model.weight(p.path + ".conv0.weight", shape)}, 2, p.path + ".conv0", model);
  auto const shifted = cropped(p, p.path + ".shifted", model);
  auto const second = pointwise(shifted, {model.weight(p.path + ".conv1.weight", shape)}, 2, p.path + ".conv1", model);
  return model.node("Concat", {first, second}, {{"axis", std::int64_t{1}}}, p.path);
}

std::string shortcut(placed_operation const& p, model_writer& model) {
  std::int64_t const stride = p.number("stride");
  bool const changes_channels = p.number("channels") != p.in().channels;
  auto x = p.x();
  if (stride > 1)
    x = model.node("AveragePool", {x},
                   {{"kernel_shape", integers{stride, stride}},
                    {"strides", integers{stride, stride}},
                    {"ceil_mode", std::int64_t{1}}},
                   changes_channels ? p.path + ".pooled" : p.path);
  if (!changes_channels)
    return x;
  return pointwise(x, {model.weight(p.path + ".weight", {p.number("channels"), p.in().channels, 1, 1})}, 1, p.path,
                   model);
}

std::string transposed_conv(placed_operation const& p, model_writer& model) {
  int const kernel = p.number("kernel");
  int const groups = p.number("groups");
  std::int64_t const more = p.number("stride") - 1;
  auto attributes = window(kernel, kernel, p.number("stride"), p.number("dilation"));
  attributes.emplace_back("group", std::int64_t{groups});
  attributes.emplace_back("output_padding", integers{more, more});
  integers const shape{p.in().channels, p.number("channels") / groups, kernel, kernel};
  std::vector<std::string> inputs{p.x(), model.weight(p.path + ".weight", shape)};
  if (p.number("bias") != 0)
    inputs.push_back(model.weight(p.path + ".bias", {p.number("channels")}));
  return model.node("ConvTranspose", inputs, attributes, p.path);
}

std::string pool(std::string_view type, placed_operation const& p, model_writer& model) {
  std::int64_t const kernel = p.number("kernel");
  std::int64_t const stride = p.number("stride");
  std::int64_t const padding = p.number("padded") != 0 ? (kernel - 1) / 2 : 0;
  return model.node(type, {p.x()},
                    {{"kernel_shape", integers{kernel, kernel}},
                     {"strides", integers{stride, stride}},
                     {"pads", integers{padding, padding, padding, padding}}},
                    p.path);
}

std::string max_pool(placed_operation const& p, model_writer& model) {
  return pool("MaxPool", p, model);
}

std::string avg_pool(placed_operation const& p, model_writer& model) {
  return pool("AveragePool", p, model);
}

// The batch is open, so that it has to be read from the input.
std::string resize(placed_operation const& p, model_writer& model) {
  std::int64_t const size = p.number("size");
  auto const shape = model.node("Shape", {p.x()}, {}, p.path + ".shape");
  auto const kept = model.node(
      "Slice", {shape, model.constant(integers{0}, p.path + ".first"), model.constant(integers{2}, p.path + ".last")},
      {}, p.path + ".kept");
  auto const sizes = model.node("Concat", {kept, model.constant(integers{size, size}, p.path + ".size")},
                                {{"axis", std::int64_t{0}}}, p.path + ".sizes");
  return model.node("Resize", {p.x(), "", "", sizes},
                    {{"mode", "linear"}, {"coordinate_transformation_mode", "half_pixel"}}, p.path);
}

std::string upsample(placed_operation const& p, model_writer& model) {
  auto const factor = static_cast<float>(p.number("factor"));
  auto const scales = model.constant(std::vector<float>{1, 1, factor, factor}, {4}, p.path + ".scales");
  return model.node("Resize", {p.x(), "", scales},
                    {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}},
                    p.path);
}

std::string channel_shuffle(placed_operation const& p, model_writer& model) {
  auto const& in = p.in();
  int const groups = p.number("groups");
  auto const apart = model.constant(integers{0, groups, in.channels / groups, in.height, in.width}, p.path + ".apart");
  auto const together = model.constant(integers{0, in.channels, in.height, in.width}, p.path + ".together");
  auto const grouped = model.node("Reshape", {p.x(), apart}, {}, p.path + ".grouped");
  auto const shuffled = model.node("Transpose", {grouped}, {{"perm", integers{0, 2, 1, 3, 4}}}, p.path + ".shuffled");
  return model.node("Reshape", {shuffled, together}, {}, p.path);
}

std::string channel_part(placed_operation const& p, model_writer& model) {
  return model.node("Slice",
                    {p.x(), model.constant(integers{p.number("part")}, p.path + ".start"),
                     model.constant(integers{p.in().channels}, p.path + ".end"),
                     model.constant(integers{1}, p.path + ".axis"),
                     model.constant(integers{p.number("parts")}, p.path + ".step")},
                    {}, p.path);
}

std::string squeeze_excite(placed_operation const& p, model_writer& model) {
  int const few = p.number("channels") / p.number("ratio");
  int const divisor = p.number("divisor");
  auto const squeezed = divisor > 1 ? dsl::round_to(divisor, few).low : few;
  auto const held = [&](std::string const& name, std::int64_t out, std::int64_t in) {
    return std::vector{model.weight(p.path + name + ".weight", {out, in, 1, 1}),
                       model.weight(p.path + name + ".bias", {out})};
  };
  auto x = model.node("GlobalAveragePool", {p.x()}, {}, p.path + ".mean");
  x = pointwise(x, held(".reduce", squeezed, p.in().channels), 1, p.path + ".reduce", model);
  x = model.node("Relu", {x}, {}, p.path + ".relu");
  x = pointwise(x, held(".expand", p.in().channels, squeezed), 1, p.path + ".expand", model);
  x = model.node("Sigmoid", {x}, {}, p.path + ".gate");
  return model.node("Mul", {p.x(), x}, {}, p.path);
}

std::string group_norm(placed_operation const& p, model_writer& model) {
  auto const& in = p.in();
  auto const groups = static_cast<std::size_t>(p.number("groups"));
  auto const width = static_cast<std::int64_t>(groups);
  auto const grouped = model.node("Reshape", {p.x(), model.constant(integers{0, width, -1}, p.path + ".apart")}, {},
                                  p.path + ".grouped");
  auto const scale = model.constant(std::vector<float>(groups, 1), {width}, p.path + ".ones");
  auto const shift = model.constant(std::vector<float>(groups, 0), {width}, p.path + ".zeros");
  auto const normal =
      model.node("InstanceNormalization", {grouped, scale, shift}, {{"epsilon", epsilon}}, p.path + ".normal");
  auto const x = model.node(
      "Reshape", {normal, model.constant(integers{0, in.channels, in.height, in.width}, p.path + ".together")}, {},
      p.path + ".normalized");
  auto const by_channel = model.constant(integers{1, in.channels, 1, 1}, p.path + ".by_channel");
  auto const held = [&](std::string const& name) {
    return model.node("Reshape", {model.weight(p.path + name, {in.channels}), by_channel}, {}, p.path + name + ".map");
  };
  return model.node("Add", {model.node("Mul", {x, held(".weight")}, {}, p.path + ".scaled"), held(".bias")}, {},
                    p.path);
}

std::string patch_embedding(placed_operation const& p, model_writer& model) {
  std::int64_t const patch = p.number("patch");
  std::int64_t const channels = p.number("channels");
  auto const map =
      model.node("Conv",
                 {p.x(), model.weight(p.path + ".weight", {channels, p.in().channels, patch, patch}),
                  model.weight(p.path + ".bias", {channels})},
                 {{"kernel_shape", integers{patch, patch}}, {"strides", integers{patch, patch}}}, p.path + ".map");
  auto const flat = model.node("Reshape", {map, model.constant(integers{0, channels, -1}, p.path + ".flat_shape")}, {},
                               p.path + ".flat");
  return model.node("Transpose", {flat}, {{"perm", integers{0, 2, 1}}}, p.path);
}

} // namespace

std::vector<operation_row> const image_rows{
    {"conv", conv},
    {"rectangular_conv", rectangular_conv},
    {"quantized_conv", quantized_conv},
    {"crop", crop},
    {"factorized_reduce", factorized_reduce},
    {"shortcut", shortcut},
    {"transposed_conv", transposed_conv},
    {"max_pool", max_pool},
    {"avg_pool", avg_pool},
    {"resize", resize},
    {"upsample", upsample},
    {"channel_shuffle", channel_shuffle},
    {"channel_part", channel_part},
    {"squeeze_excite", squeeze_excite},
    {"group_norm", group_norm},
    {"patch_embedding", patch_embedding},
};

} // namespace espalier::onnx
