#pragma once

#include <torch/torch.h>

namespace images {

/// The layout in which depthwise convolutions are fastest on CPUs. An image of one channel has it only by its strides.
inline torch::Tensor channels_last(torch::Tensor x) {
  if (x.size(1) > 1)
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

/// Halves a map by two 1x1 convolutions, of the pixels of even rows and columns and of those of odd ones.
struct FactorizedReduceImpl : torch::nn::Module {
  FactorizedReduceImpl(int64_t in_channels, int64_t out_channels) {
    auto options = torch::nn::Conv2dOptions(in_channels, out_channels / 2, 1).bias(false);
    conv0_ = register_module("conv0", torch::nn::Conv2d(options));
    conv1_ = register_module("conv1", torch::nn::Conv2d(options));
  }

  torch::Tensor forward(torch::Tensor x) {
    return torch::cat({conv0_(every_other(x, 0)), conv1_(every_other(x, 1))}, 1);
  }

  // In place of a stride: oneDNN's gradient of a strided 1x1 convolution is unsafe with threads (its issue 6035).
  static torch::Tensor every_other(torch::Tensor x, int64_t first) {
    return x.slice(/*dim=*/2, first, x.size(2), /*step=*/2).slice(/*dim=*/3, first, x.size(3), /*step=*/2);
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
};
TORCH_MODULE(FactorizedReduce);

/// Convolution whose weights and input are rounded to a few bits (DoReFa; Zhou et al. 2016). 32 bits change nothing.
struct QuantizedConvImpl : torch::nn::Module {
  QuantizedConvImpl(
      int64_t in_channels,
      int64_t out_channels,
      int64_t kernel_size,
      int64_t stride,
      int64_t weight_bits,
      int64_t activation_bits)
      : stride_(stride), padding_(kernel_size / 2), weight_bits_(weight_bits), activation_bits_(activation_bits) {
    weight_ = register_parameter("weight", torch::empty({out_channels, in_channels, kernel_size, kernel_size}));
    torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  }

  torch::Tensor forward(torch::Tensor x) {
    if (activation_bits_ < 32)
      x = rounded(torch::clamp(x, 0, 1), activation_bits_);
    return torch::conv2d(x, quantized_weight(), {}, stride_, padding_);
  }

  torch::Tensor quantized_weight() {
    if (weight_bits_ == 32)
      return weight_;
    if (weight_bits_ == 1)
      return weight_ + (torch::sign(weight_) * weight_.abs().mean() - weight_).detach();
    auto bounded = torch::tanh(weight_);
    return 2 * rounded(bounded / (2 * bounded.abs().max()) + 0.5, weight_bits_) - 1;
  }

  /// Numbers in [0, 1] rounded to so many bits; the gradient passes unchanged.
  static torch::Tensor rounded(torch::Tensor x, int64_t bits) {
    auto steps = std::exp2(bits) - 1;
    return x + (torch::round(x * steps) / steps - x).detach();
  }

  torch::Tensor weight_;
  int64_t stride_;
  int64_t padding_;
  int64_t weight_bits_;
  int64_t activation_bits_;
};
TORCH_MODULE(QuantizedConv);

/// Channels of every group in turn (Zhang et al. 2018). torch::channel_shuffle has no derivative in LibTorch 1.13.
inline torch::Tensor shuffle_channels(torch::Tensor x, int64_t groups) {
  auto grouped = x.reshape({x.size(0), groups, x.size(1) / groups, x.size(2), x.size(3)});
  return grouped.transpose(1, 2).reshape(x.sizes());
}

/// Scales each channel by a gate computed from the means of all (Hu et al. 2018).
struct SqueezeExciteImpl : torch::nn::Module {
  SqueezeExciteImpl(int64_t channels, int64_t squeezed) {
    reduce_ = register_module("reduce", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, squeezed, 1)));
    expand_ = register_module("expand", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeezed, channels, 1)));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto squeezed = torch::relu(reduce_(x.mean({2, 3}, /*keepdim=*/true)));
    return x * torch::sigmoid(expand_(squeezed));
  }

  torch::nn::Conv2d reduce_{nullptr};
  torch::nn::Conv2d expand_{nullptr};
};
TORCH_MODULE(SqueezeExcite);

/// The sum of the values, each times the sigmoid of its weight (Xie et al. 2019, section 3.2).
inline torch::Tensor weighted_sum(const std::vector<torch::Tensor> &values, torch::Tensor weight) {
  auto weights = torch::sigmoid(weight).unbind();
  auto sum = values[0] * weights[0];
  for (size_t i = 1; i < values.size(); ++i)
    sum = sum + values[i] * weights[i];
  return sum;
}

/// Used 2 times; the first is mb_conv0: [N, 16, 8, 7] -> [N, 12, 4, 4].
struct MbConvImpl : torch::nn::Module {
  MbConvImpl(
      int64_t in_channels,
      int64_t inner_channels,
      int64_t out_channels,
      int64_t kernel_size,
      int64_t stride,
      int64_t squeezed) {
    conv0_ = register_module(
        "conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, inner_channels, 1).bias(false)));
    conv1_ = register_module(
        "conv1",
        torch::nn::Conv2d(torch::nn::Conv2dOptions(inner_channels, inner_channels, kernel_size)
                              .stride(stride)
                              .padding(kernel_size / 2)
                              .groups(inner_channels)
                              .bias(false)));
    squeeze_excite0_ = register_module("squeeze_excite0", SqueezeExcite(inner_channels, squeezed));
    conv2_ = register_module(
        "conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(inner_channels, out_channels, 1).bias(false)));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = conv0_(x); // [N, 24, 8, 7]
    x = torch::relu6(x);
    x = conv1_(x); // [N, 24, 4, 4]
    x = squeeze_excite0_(x);
    return conv2_(x); // [N, 12, 4, 4]
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
  SqueezeExcite squeeze_excite0_{nullptr};
  torch::nn::Conv2d conv2_{nullptr};
};
TORCH_MODULE(MbConv);

/// The network: [N, 4, 15, 13] -> [N, 5].
struct NetworkImpl : torch::nn::Module {
  NetworkImpl() {
    conv0_ = register_module(
        "conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 8, {3, 5}).stride(2).padding({1, 2})));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(8));
    conv1_ = register_module(
        "conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 16, 3).padding(2).dilation(2).groups(4).bias(false)));
    group_norm0_ = register_module("group_norm0", torch::nn::GroupNorm(torch::nn::GroupNormOptions(4, 16)));
    mb_conv0_ = register_module("mb_conv0", MbConv(16, 24, 12, 5, 2, 6));
    mb_conv1_ = register_module("mb_conv1", MbConv(12, 16, 20, 3, 1, 8));
    shortcut0_ = register_module("shortcut0", torch::nn::Conv2d(torch::nn::Conv2dOptions(12, 20, 1).bias(false)));
    shortcut1_ = register_module("shortcut1", torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 20, 1).bias(false)));
    weighted_sum0_ = register_parameter("weighted_sum0", torch::zeros(3));
    quantized_conv0_ = register_module("quantized_conv0", QuantizedConv(20, 20, 3, 1, 2, 4));
    quantized_conv1_ = register_module("quantized_conv1", QuantizedConv(20, 20, 3, 1, 1, 2));
    rectangular_conv0_ = register_module(
        "rectangular_conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(20, 22, {1, 3}).padding({0, 1}).bias(false)));
    factorized_reduce0_ = register_module("factorized_reduce0", FactorizedReduce(64, 10));
    transposed_conv0_ = register_module(
        "transposed_conv0",
        torch::nn::ConvTranspose2d(
            torch::nn::ConvTranspose2dOptions(10, 6, 3).stride(2).padding(1).output_padding(1).groups(2).bias(false)));
    linear0_ = register_module("linear0", torch::nn::Linear(torch::nn::LinearOptions(24, 12).bias(false)));
    batch_norm1_ = register_module("batch_norm1", torch::nn::BatchNorm1d(12));
    linear1_ = register_module("linear1", torch::nn::Linear(12, 5));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = channels_last(x);
    x = conv0_(x); // [N, 8, 8, 7]
    x = batch_norm0_(x);
    x = torch::hardswish(x);
    x = conv1_(x); // [N, 16, 8, 7]
    x = group_norm0_(x);
    auto gelu0 = torch::gelu(x);
    auto mb_conv0 = mb_conv0_(gelu0);                       // [N, 12, 4, 4]
    auto add0 = mb_conv1_(mb_conv0) + shortcut0_(mb_conv0); // [N, 20, 4, 4]
    auto shortcut1 = shortcut1_(torch::avg_pool2d(gelu0, 2, 2, 0, /*ceil_mode=*/true, /*count_include_pad=*/false));
    auto weighted_sum0 = weighted_sum({add0, shortcut1, shortcut1}, weighted_sum0_);
    auto swish0 = torch::silu(weighted_sum0);
    auto quantized_conv0 = quantized_conv0_(swish0);
    auto quantized_conv1 = quantized_conv1_(quantized_conv0);
    auto average0 = torch::mean(torch::stack({quantized_conv1, swish0}), 0);
    auto channel_shuffle0 = shuffle_channels(average0, 4);
    auto channel_part0 = channel_shuffle0.slice(/*dim=*/1, /*start=*/1, /*end=*/channel_shuffle0.size(1), /*step=*/2);
    auto chunk0 = channel_shuffle0.chunk(2, 1)[1];
    auto concat0 = torch::cat({channel_part0, chunk0}, 1); // [N, 20, 4, 4]
    auto rectangular_conv0 = rectangular_conv0_(concat0);  // [N, 22, 4, 4]
    auto truncate0 = rectangular_conv0.narrow(1, 0, 21);   // [N, 21, 4, 4]
    auto truncate1 = truncate0.narrow(1, 0, 20);           // [N, 20, 4, 4]
    auto channels_last0 = channels_last(truncate1);
    auto upsample0 = torch::upsample_nearest2d(
        channels_last0, {channels_last0.size(2) * 2, channels_last0.size(3) * 2});
    auto max_pool0 = torch::max_pool2d(upsample0, 3, 2, 1); // [N, 20, 4, 4]
    auto avg_pool0 = torch::avg_pool2d(upsample0, 3, 2, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
    auto none2 = torch::zeros_like(torch::max_pool2d(upsample0, 1, 2));
    auto none3 = upsample0.new_zeros({upsample0.size(0), 4, (upsample0.size(2) + 1) / 2, (upsample0.size(3) + 1) / 2});
    auto concat1 = torch::cat({max_pool0, none2, avg_pool0, none3}, 1);                  // [N, 64, 4, 4]
    auto resize0 = torch::upsample_bilinear2d(concat1, {6, 6}, /*align_corners=*/false); // [N, 64, 6, 6]
    auto factorized_reduce0 = factorized_reduce0_(resize0);                              // [N, 10, 3, 3]
    auto sigmoid0 = torch::sigmoid(factorized_reduce0);
    auto transposed_conv0 = transposed_conv0_(sigmoid0);                                       // [N, 6, 6, 6]
    auto crop0 = transposed_conv0.slice(/*dim=*/2, /*start=*/1).slice(/*dim=*/3, /*start=*/1); // [N, 6, 5, 5]
    auto tanh0 = torch::tanh(crop0);
    auto add2 = torch::max_pool2d(tanh0, 2, 2) + torch::avg_pool2d(tanh0, 2, 2); // [N, 6, 2, 2]
    auto flatten0 = add2.flatten(1);                                             // [N, 24]
    auto linear0 = linear0_(flatten0);                                           // [N, 12]
    auto batch_norm1 = batch_norm1_(linear0);
    auto relu0 = torch::relu(batch_norm1);
    return linear1_(relu0); // [N, 5]
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::GroupNorm group_norm0_{nullptr};
  MbConv mb_conv0_{nullptr};
  MbConv mb_conv1_{nullptr};
  torch::nn::Conv2d shortcut0_{nullptr};
  torch::nn::Conv2d shortcut1_{nullptr};
  torch::Tensor weighted_sum0_;
  QuantizedConv quantized_conv0_{nullptr};
  QuantizedConv quantized_conv1_{nullptr};
  torch::nn::Conv2d rectangular_conv0_{nullptr};
  FactorizedReduce factorized_reduce0_{nullptr};
  torch::nn::ConvTranspose2d transposed_conv0_{nullptr};
  torch::nn::Linear linear0_{nullptr};
  torch::nn::BatchNorm1d batch_norm1_{nullptr};
  torch::nn::Linear linear1_{nullptr};
};
TORCH_MODULE(Network);

} // namespace images
