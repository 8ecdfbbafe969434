#pragma once

#include <torch/torch.h>

namespace two_cells {

/// The layout in which depthwise convolutions are fastest on CPUs. An image of one channel has it only by its strides.
inline torch::Tensor channels_last(torch::Tensor x) {
  if (x.size(1) > 1)
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

/// A linear layer. Of one example it is a product of a matrix and a vector, which is sooner computed as one.
inline torch::Tensor affine(const torch::Tensor &x, const torch::Tensor &weight, const torch::Tensor &bias) {
  if (x.dim() != 2 || x.size(0) != 1)
    return torch::linear(x, weight, bias);
  auto y = bias.defined() ? torch::addmv(bias, weight, x[0]) : torch::mv(weight, x[0]);
  return y.unsqueeze(0);
}

/// A linear layer that is quick of one example too.
struct LinearImpl : torch::nn::LinearImpl {
  using torch::nn::LinearImpl::LinearImpl;

  torch::Tensor forward(const torch::Tensor &x) {
    return affine(x, weight, bias);
  }
};
TORCH_MODULE(Linear);

/// A convolution by oneDNN. For one image LibTorch prefers its own in more cases than those in which that is quicker:
/// of few multiply-adds.
struct Conv2dImpl : torch::nn::Conv2dImpl {
  using torch::nn::Conv2dImpl::Conv2dImpl;

  torch::Tensor forward(const torch::Tensor &x) {
    using std::get;
    bool by_onednn = torch::hasMKLDNN() && x.is_cpu() && x.scalar_type() == torch::kFloat;
    bool is_small = options.groups() == 1 && x.size(0) * x.size(2) * x.size(3) * weight.numel() < 250000;
    if (!by_onednn || is_small)
      return torch::nn::Conv2dImpl::forward(x);
    auto padding = *get<torch::ExpandingArray<2>>(options.padding());
    return torch::mkldnn_convolution(
        x, weight, bias, padding, *options.stride(), *options.dilation(), options.groups());
  }
};
TORCH_MODULE(Conv2d);

/// Used 2 times; the first is cell0: [N, 8, 16, 16], [N, 8, 16, 16] -> [N, 8, 16, 16].
struct CellImpl : torch::nn::Module {
  explicit CellImpl(int64_t channels) {
    conv0_ = register_module(
        "conv0",
        Conv2d(torch::nn::Conv2dOptions(channels, channels, 5).padding(4).dilation(2).groups(channels).bias(false)));
  }

  torch::Tensor forward(torch::Tensor before, torch::Tensor now) {
    return conv0_(before) + torch::max_pool2d(now, 3, 1, 1) + now;
  }

  Conv2d conv0_{nullptr};
};
TORCH_MODULE(Cell);

/// half0: [N, 8, 16, 16] -> [N, 16, 8, 8].
struct HalfImpl : torch::nn::Module {
  HalfImpl() {
    factorized_reduce0_conv0_ = register_module(
        "factorized_reduce0_conv0", Conv2d(torch::nn::Conv2dOptions(8, 8, 1).stride(2)));
    factorized_reduce0_conv1_ = register_module(
        "factorized_reduce0_conv1", Conv2d(torch::nn::Conv2dOptions(8, 8, 1).stride(2)));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto relu0 = torch::relu(x);
    auto crop0 = relu0.slice(/*dim=*/2, /*start=*/1).slice(/*dim=*/3, /*start=*/1); // [N, 8, 15, 15]
    auto factorized_reduce0_conv0 = factorized_reduce0_conv0_(relu0);               // [N, 8, 8, 8]
    auto factorized_reduce0_conv1 = factorized_reduce0_conv1_(crop0);
    return torch::cat({factorized_reduce0_conv0, factorized_reduce0_conv1}, 1); // [N, 16, 8, 8]
  }

  Conv2d factorized_reduce0_conv0_{nullptr};
  Conv2d factorized_reduce0_conv1_{nullptr};
};
TORCH_MODULE(Half);

/// The network: [N, 3, 16, 16] -> [N, 10].
struct NetworkImpl : torch::nn::Module {
  NetworkImpl() {
    conv0_ = register_module("conv0", Conv2d(torch::nn::Conv2dOptions(3, 8, 3).padding(1)));
    cell0_ = register_module("cell0", Cell(8));
    half0_ = register_module("half0", Half());
    type_ = register_module("type", Conv2d(torch::nn::Conv2dOptions(16, 16, 1).bias(false)));
    cell1_ = register_module("cell1", Cell(16));
    value_0_ = register_module("0", Conv2d(torch::nn::Conv2dOptions(16, 24, 3).padding(1).groups(8).bias(false)));
    linear0_ = register_module("linear0", Linear(40, 10));
  }

  torch::Tensor forward(torch::Tensor x) {
    c10::InferenceMode no_gradients;
    x = channels_last(x);
    auto conv0 = conv0_(x); // [N, 8, 16, 16]
    auto cell0 = cell0_(conv0, conv0);
    auto half0 = half0_(cell0); // [N, 16, 8, 8]
    auto type = type_(half0);
    auto cell1 = cell1_(half0, type);
    auto avg_pool0 = torch::avg_pool2d(cell1, 3, 2, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
    auto value_0 = value_0_(avg_pool0);                 // [N, 24, 4, 4]
    auto concat0 = torch::cat({avg_pool0, value_0}, 1); // [N, 40, 4, 4]
    auto global_avg_pool0 = concat0.mean({2, 3});       // [N, 40]
    return linear0_(global_avg_pool0);                  // [N, 10]
  }

  Conv2d conv0_{nullptr};
  Cell cell0_{nullptr};
  Half half0_{nullptr};
  Conv2d type_{nullptr};
  Cell cell1_{nullptr};
  Conv2d value_0_{nullptr};
  Linear linear0_{nullptr};
};
TORCH_MODULE(Network);

} // namespace two_cells
