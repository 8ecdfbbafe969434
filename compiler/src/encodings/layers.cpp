#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/published.hpp>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

bool is_even(tensor_type const& map) {
  return map.height % 2 == 0 && map.width % 2 == 0;
}

} // namespace

std::string convolution(region_builder& to, std::string const& x, int kernel, int channels,
                        convolution_numbers const& numbers) {
  ops::conv conv;
  conv.kernel = kernel;
  conv.channels = channels;
  conv.stride = numbers.stride;
  conv.groups = numbers.groups;
  conv.dilation = numbers.dilation;
  conv.bias = numbers.bias ? 1 : 0;
  return to.leaf(conv, x);
}

std::string depthwise(region_builder& to, std::string const& x, int kernel, convolution_numbers numbers) {
  auto const channels = to.type_of(x).channels;
  numbers.groups = channels;
  return convolution(to, x, kernel, channels, numbers);
}

std::string batch_norm(region_builder& to, std::string const& x) {
  return to.leaf(ops::batch_norm{}, x);
}

std::string relu(region_builder& to, std::string const& x) {
  return to.leaf(ops::relu{}, x);
}

std::string conv_bn(region_builder& to, std::string const& x, int kernel, int channels, int stride) {
  return batch_norm(to, convolution(to, x, kernel, channels, {.stride = stride}));
}

std::string relu_conv_bn(region_builder& to, std::string const& x, int kernel, int channels, int stride) {
  return conv_bn(to, relu(to, x), kernel, channels, stride);
}

std::string halved(region_builder& to, std::string const& x, int channels, bool with_relu) {
  auto const read = with_relu ? relu(to, x) : x;
  if (!is_even(to.type_of(x)) || channels % 2 != 0)
    return conv_bn(to, read, 1, channels, 2);
  ops::factorized_reduce reduce;
  reduce.channels = channels;
  return batch_norm(to, to.leaf(reduce, read));
}

std::string separable(region_builder& to, std::string const& x, int kernel, int channels, int stride, int layers,
                      int dilation) {
  auto y = x;
  for (int i = 0; i < layers; ++i) {
    y = depthwise(to, relu(to, y), kernel, {.stride = i == 0 ? stride : 1, .dilation = dilation});
    y = conv_bn(to, y, 1, channels);
  }
  return y;
}

// A window of even size that strides over an even map needs no padding. Elsewhere it would be padded on one side only,
// which the language does not have: the odd window above it stands for it.
template <class Pool>
std::string pooled(region_builder& to, std::string const& x, int kernel, int stride) {
  bool const fits = kernel % 2 == 0 && kernel == stride && is_even(to.type_of(x));
  Pool pool;
  pool.kernel = kernel % 2 == 0 && !fits ? kernel + 1 : kernel;
  pool.stride = stride;
  pool.padded = fits ? 0 : 1;
  return to.leaf(pool, x);
}

std::string max_pool(region_builder& to, std::string const& x, int kernel, int stride) {
  return pooled<ops::max_pool>(to, x, kernel, stride);
}

std::string avg_pool(region_builder& to, std::string const& x, int kernel, int stride) {
  return pooled<ops::avg_pool>(to, x, kernel, stride);
}

std::string crossed(region_builder& to, std::string const& x, int kernel, int channels, int stride,
                    bool normalized_between) {
  ops::rectangular_conv row;
  row.channels = channels;
  row.kernel = 1;
  row.kernel_width = kernel;
  row.stride_width = stride;
  ops::rectangular_conv column;
  column.channels = channels;
  column.kernel = kernel;
  column.kernel_width = 1;
  column.stride_height = stride;
  auto y = to.leaf(row, x);
  if (normalized_between)
    y = relu(to, batch_norm(to, y));
  return to.leaf(column, y);
}

std::string unpadded(region_builder& to, std::string const& x, int kernel, int channels, int stride) {
  ops::rectangular_conv conv;
  conv.channels = channels;
  conv.kernel = kernel;
  conv.kernel_width = kernel;
  conv.stride_height = stride;
  conv.stride_width = stride;
  conv.padded = 0;
  return to.leaf(conv, x);
}

std::string added(region_builder& to, std::vector<std::string> const& operands) {
  return operands.size() == 1 ? operands.front() : to.join(ops::add{}, operands);
}

std::string concatenated(region_builder& to, std::vector<std::string> const& operands) {
  return operands.size() == 1 ? operands.front() : to.join(ops::concat{}, operands);
}

std::string classifier(region_builder& to, std::string const& x, int classes, bool bias) {
  ops::linear linear;
  linear.channels = classes;
  linear.bias = bias ? 1 : 0;
  return to.leaf(linear, to.leaf(ops::global_avg_pool{}, x));
}

int divisible_by_8(int channels, int percent) {
  constexpr int whole = 100;
  return static_cast<int>(dsl::round_to(8 * whole, channels * percent).low) / whole;
}

} // namespace espalier::compiler::encodings
