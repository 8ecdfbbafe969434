#pragma once

#include "../region_builder.hpp"

#include <string>
#include <vector>

/// The layers that networks of published encodings consist of, appended to a region; each gives the result's name.
namespace espalier::compiler::encodings {

/// What a convolution has besides kernel and channels.
struct convolution_numbers {
  int stride = 1;
  int groups = 1;
  int dilation = 1;
  bool bias = false;
};

std::string convolution(region_builder& to, std::string const& x, int kernel, int channels,
                        convolution_numbers const& numbers = {});
/// Each channel reads its own.
std::string depthwise(region_builder& to, std::string const& x, int kernel, convolution_numbers numbers = {});
std::string batch_norm(region_builder& to, std::string const& x);
std::string relu(region_builder& to, std::string const& x);
/// Convolution and batch normalization.
std::string conv_bn(region_builder& to, std::string const& x, int kernel, int channels, int stride = 1);
std::string relu_conv_bn(region_builder& to, std::string const& x, int kernel, int channels, int stride = 1);
/// ReLU, 1x1 convolutions on the map and on the map shifted by a pixel, batch normalization. Of an odd map the second
/// half reads padding at its end; one strided 1x1 convolution stands for both, and costs as much.
std::string halved(region_builder& to, std::string const& x, int channels, bool with_relu = true);
/// ReLU, depthwise and 1x1 convolution, batch normalization: twice, with the stride first.
std::string separable(region_builder& to, std::string const& x, int kernel, int channels, int stride, int layers = 2,
                      int dilation = 1);
std::string max_pool(region_builder& to, std::string const& x, int kernel, int stride);
std::string avg_pool(region_builder& to, std::string const& x, int kernel, int stride);
/// A 1 x n and an n x 1 convolution, of which the first strides along the rows and the second along the columns.
std::string crossed(region_builder& to, std::string const& x, int kernel, int channels, int stride,
                    bool normalized_between);
/// Convolution of a square kernel without padding.
std::string unpadded(region_builder& to, std::string const& x, int kernel, int channels, int stride);
/// Their sum; of one, itself.
std::string added(region_builder& to, std::vector<std::string> const& operands);
/// Their channels one after another; of one, itself.
std::string concatenated(region_builder& to, std::vector<std::string> const& operands);
/// Global average pooling and a linear layer.
std::string classifier(region_builder& to, std::string const& x, int classes, bool bias = true);

/// An image of three channels.
constexpr tensor_type photograph(int side) {
  return {dsl::tensor_kind::image, 3, side, side};
}

/// So many per cent of the channels, rounded to a multiple of 8 as `make_divisible` of the MobileNets does.
int divisible_by_8(int channels, int percent = 100);

} // namespace espalier::compiler::encodings
