#pragma once

#include <torch/torch.h>

namespace tiny_cells {

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

/// Used 7 times; the first is normal0.input0: [N, 8, 8, 8] -> [N, 4, 8, 8].
struct ReluConvBnImpl : torch::nn::Module {
  ReluConvBnImpl(int64_t in_channels, int64_t out_channels) {
    conv0_ = register_module(
        "conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 1).bias(false)));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(out_channels));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(x);
    x = conv0_(x); // [N, 4, 8, 8]
    return batch_norm0_(x);
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
};
TORCH_MODULE(ReluConvBn);

/// Used 4 times; the first is normal0.node0_edge0_sep_conv_3x3: [N, 4, 8, 8] -> [N, 4, 8, 8].
struct SepConv3x3Impl : torch::nn::Module {
  SepConv3x3Impl(int64_t channels, int64_t stride) {
    conv0_ = register_module(
        "conv0",
        torch::nn::Conv2d(
            torch::nn::Conv2dOptions(channels, channels, 3).stride(stride).padding(1).groups(channels).bias(false)));
    conv1_ = register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 1).bias(false)));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(channels));
    conv2_ = register_module(
        "conv2",
        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 3).padding(1).groups(channels).bias(false)));
    conv3_ = register_module("conv3", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 1).bias(false)));
    batch_norm1_ = register_module("batch_norm1", torch::nn::BatchNorm2d(channels));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(x);
    x = conv0_(x);
    x = conv1_(x);
    x = batch_norm0_(x);
    x = torch::relu(x);
    x = conv2_(x);
    x = conv3_(x);
    return batch_norm1_(x);
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
  torch::nn::Conv2d conv2_{nullptr};
  torch::nn::Conv2d conv3_{nullptr};
  torch::nn::BatchNorm2d batch_norm1_{nullptr};
};
TORCH_MODULE(SepConv3x3);

/// Used 3 times; the first is normal0.node1_edge1_dil_conv_5x5: [N, 4, 8, 8] -> [N, 4, 8, 8].
struct DilConv5x5Impl : torch::nn::Module {
  explicit DilConv5x5Impl(int64_t channels) {
    conv0_ = register_module(
        "conv0",
        torch::nn::Conv2d(
            torch::nn::Conv2dOptions(channels, channels, 5).padding(4).dilation(2).groups(channels).bias(false)));
    conv1_ = register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 1).bias(false)));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(channels));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(x);
    x = conv0_(x);
    x = conv1_(x);
    return batch_norm0_(x);
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
};
TORCH_MODULE(DilConv5x5);

/// Used 2 times; the first is normal0: [N, 8, 8, 8], [N, 8, 8, 8] -> [N, 8, 8, 8].
struct NormalImpl : torch::nn::Module {
  NormalImpl() {
    input0_ = register_module("input0", ReluConvBn(8, 4));
    input1_ = register_module("input1", ReluConvBn(8, 4));
    node0_edge0_sep_conv_3x3_ = register_module("node0_edge0_sep_conv_3x3", SepConv3x3(4, 1));
    node1_edge1_dil_conv_5x5_ = register_module("node1_edge1_dil_conv_5x5", DilConv5x5(4));
  }

  torch::Tensor forward(torch::Tensor before, torch::Tensor now) {
    auto input0 = input0_(before); // [N, 4, 8, 8]
    auto input1 = input1_(now);
    auto node0 = node0_edge0_sep_conv_3x3_(input0) + input1;
    auto node1 = torch::avg_pool2d(input0, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false) +
                 node1_edge1_dil_conv_5x5_(input1);
    return torch::cat({node0, node1}, 1); // [N, 8, 8, 8]
  }

  ReluConvBn input0_{nullptr};
  ReluConvBn input1_{nullptr};
  SepConv3x3 node0_edge0_sep_conv_3x3_{nullptr};
  DilConv5x5 node1_edge1_dil_conv_5x5_{nullptr};
};
TORCH_MODULE(Normal);

/// Used 2 times; the first is reduction0.node0_edge1_skip_connect: [N, 8, 8, 8] -> [N, 8, 4, 4].
struct SkipConnectImpl : torch::nn::Module {
  SkipConnectImpl() {
    factorized_reduce0_ = register_module("factorized_reduce0", FactorizedReduce(8, 8));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(8));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(x);
    x = factorized_reduce0_(x); // [N, 8, 4, 4]
    return batch_norm0_(x);
  }

  FactorizedReduce factorized_reduce0_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
};
TORCH_MODULE(SkipConnect);

/// reduction0: [N, 8, 8, 8], [N, 8, 8, 8] -> [N, 16, 4, 4].
struct ReductionImpl : torch::nn::Module {
  ReductionImpl() {
    input0_ = register_module("input0", ReluConvBn(8, 8));
    input1_ = register_module("input1", ReluConvBn(8, 8));
    node0_edge1_skip_connect_ = register_module("node0_edge1_skip_connect", SkipConnect());
    node1_edge0_sep_conv_3x3_ = register_module("node1_edge0_sep_conv_3x3", SepConv3x3(8, 2));
    node1_edge1_skip_connect_ = register_module("node1_edge1_skip_connect", SkipConnect());
  }

  torch::Tensor forward(torch::Tensor before, torch::Tensor now) {
    auto input0 = input0_(before);
    auto input1 = input1_(now);
    auto node0 = torch::max_pool2d(input0, 3, 2, 1) + node0_edge1_skip_connect_(input1); // [N, 8, 4, 4]
    auto node1 = node1_edge0_sep_conv_3x3_(input0) + node1_edge1_skip_connect_(input1);
    return torch::cat({node0, node1}, 1); // [N, 16, 4, 4]
  }

  ReluConvBn input0_{nullptr};
  ReluConvBn input1_{nullptr};
  SkipConnect node0_edge1_skip_connect_{nullptr};
  SepConv3x3 node1_edge0_sep_conv_3x3_{nullptr};
  SkipConnect node1_edge1_skip_connect_{nullptr};
};
TORCH_MODULE(Reduction);

/// normal2.input0: [N, 8, 8, 8] -> [N, 8, 4, 4].
struct ReluFactorizedReduceBnImpl : torch::nn::Module {
  ReluFactorizedReduceBnImpl() {
    factorized_reduce0_ = register_module("factorized_reduce0", FactorizedReduce(8, 8));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(8));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(x);
    x = factorized_reduce0_(x); // [N, 8, 4, 4]
    return batch_norm0_(x);
  }

  FactorizedReduce factorized_reduce0_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
};
TORCH_MODULE(ReluFactorizedReduceBn);

/// normal2: [N, 8, 8, 8], [N, 16, 4, 4] -> [N, 16, 4, 4].
struct Normal2Impl : torch::nn::Module {
  Normal2Impl() {
    input0_ = register_module("input0", ReluFactorizedReduceBn());
    input1_ = register_module("input1", ReluConvBn(16, 8));
    node0_edge0_sep_conv_3x3_ = register_module("node0_edge0_sep_conv_3x3", SepConv3x3(8, 1));
    node1_edge1_dil_conv_5x5_ = register_module("node1_edge1_dil_conv_5x5", DilConv5x5(8));
  }

  torch::Tensor forward(torch::Tensor before, torch::Tensor now) {
    auto input0 = input0_(before); // [N, 8, 4, 4]
    auto input1 = input1_(now);
    auto node0 = node0_edge0_sep_conv_3x3_(input0) + input1;
    auto node1 = torch::avg_pool2d(input0, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false) +
                 node1_edge1_dil_conv_5x5_(input1);
    return torch::cat({node0, node1}, 1); // [N, 16, 4, 4]
  }

  ReluFactorizedReduceBn input0_{nullptr};
  ReluConvBn input1_{nullptr};
  SepConv3x3 node0_edge0_sep_conv_3x3_{nullptr};
  DilConv5x5 node1_edge1_dil_conv_5x5_{nullptr};
};
TORCH_MODULE(Normal2);

/// The network: [N, 1, 8, 8] -> [N, 3].
struct NetworkImpl : torch::nn::Module {
  NetworkImpl() {
    conv0_ = register_module("conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3).padding(1).bias(false)));
    batch_norm0_ = register_module("batch_norm0", torch::nn::BatchNorm2d(8));
    normal0_ = register_module("normal0", Normal());
    normal1_ = register_module("normal1", Normal());
    reduction0_ = register_module("reduction0", Reduction());
    normal2_ = register_module("normal2", Normal2());
    linear0_ = register_module("linear0", torch::nn::Linear(16, 3));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = channels_last(x);
    x = conv0_(x); // [N, 8, 8, 8]
    auto batch_norm0 = batch_norm0_(x);
    auto normal0 = normal0_(batch_norm0, batch_norm0);
    auto normal1 = normal1_(batch_norm0, normal0);
    auto reduction0 = reduction0_(normal0, normal1); // [N, 16, 4, 4]
    auto normal2 = normal2_(normal1, reduction0);
    auto global_avg_pool0 = normal2.mean({2, 3}); // [N, 16]
    return linear0_(global_avg_pool0);            // [N, 3]
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::BatchNorm2d batch_norm0_{nullptr};
  Normal normal0_{nullptr};
  Normal normal1_{nullptr};
  Reduction reduction0_{nullptr};
  Normal2 normal2_{nullptr};
  torch::nn::Linear linear0_{nullptr};
};
TORCH_MODULE(Network);

} // namespace tiny_cells
