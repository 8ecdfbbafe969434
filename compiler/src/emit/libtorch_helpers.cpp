#include "libtorch_leaves.hpp"

namespace espalier::compiler {

namespace {

constexpr std::string_view channels_last =
    R"cpp(/// The layout in which depthwise convolutions are fastest on CPUs. An image of one channel has it only by its strides.
inline torch::Tensor channels_last(torch::Tensor x) {
  if (x.size(1) > 1)
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}
)cpp";

constexpr std::string_view factorized_reduce =
    R"cpp(/// Halves a map by two 1x1 convolutions, of the pixels of even rows and columns and of those of odd ones.
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
)cpp";

constexpr std::string_view quantized_conv =
    R"cpp(/// Convolution whose weights and input are rounded to a few bits (DoReFa; Zhou et al. 2016). 32 bits change nothing.
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
)cpp";

constexpr std::string_view shuffle_channels =
    R"cpp(/// Channels of every group in turn (Zhang et al. 2018). torch::channel_shuffle has no derivative in LibTorch 1.13.
inline torch::Tensor shuffle_channels(torch::Tensor x, int64_t groups) {
  auto grouped = x.reshape({x.size(0), groups, x.size(1) / groups, x.size(2), x.size(3)});
  return grouped.transpose(1, 2).reshape(x.sizes());
}
)cpp";

constexpr std::string_view squeeze_excite =
    R"cpp(/// Scales each channel by a gate computed from the means of all (Hu et al. 2018).
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
)cpp";

constexpr std::string_view attention =
    R"cpp(/// Multi-head self-attention (Vaswani et al. 2017): [N, T, features] -> [N, T, features].
struct AttentionImpl : torch::nn::Module {
  AttentionImpl(int64_t features, int64_t heads, int64_t head_width) : heads_(heads), head_width_(head_width) {
    query_ = register_module("query", torch::nn::Linear(features, heads * head_width));
    key_ = register_module("key", torch::nn::Linear(features, heads * head_width));
    value_ = register_module("value", torch::nn::Linear(features, heads * head_width));
    projection_ = register_module("projection", torch::nn::Linear(heads * head_width, features));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto query = by_head(query_(x));
    auto key = by_head(key_(x));
    auto value = by_head(value_(x));
    auto scores = torch::matmul(query, key.transpose(2, 3)) / std::sqrt(static_cast<double>(head_width_));
    auto mixed = torch::matmul(torch::softmax(scores, -1), value).transpose(1, 2);
    return projection_(mixed.reshape({x.size(0), x.size(1), heads_ * head_width_}));
  }

  /// [N, T, heads * head_width] -> [N, heads, T, head_width].
  torch::Tensor by_head(torch::Tensor x) {
    return x.reshape({x.size(0), x.size(1), heads_, head_width_}).transpose(1, 2);
  }

  int64_t heads_;
  int64_t head_width_;
  torch::nn::Linear query_{nullptr};
  torch::nn::Linear key_{nullptr};
  torch::nn::Linear value_{nullptr};
  torch::nn::Linear projection_{nullptr};
};
TORCH_MODULE(Attention);
)cpp";

constexpr std::string_view weighted_sum =
    R"cpp(/// The sum of the values, each times the sigmoid of its weight (Xie et al. 2019, section 3.2).
inline torch::Tensor weighted_sum(const std::vector<torch::Tensor> &values, torch::Tensor weight) {
  auto weights = torch::sigmoid(weight).unbind();
  auto sum = values[0] * weights[0];
  for (size_t i = 1; i < values.size(); ++i)
    sum = sum + values[i] * weights[i];
  return sum;
}
)cpp";

constexpr std::string_view recur =
    R"cpp(/// Carries a state along a sequence, at first zeros: [N, T, in] -> [N, T, features].
template <typename Cell> torch::Tensor recur(Cell &cell, torch::Tensor x, int64_t features) {
  auto state = x.new_zeros({x.size(0), features});
  std::vector<torch::Tensor> states;
  for (int64_t t = 0; t < x.size(1); ++t) {
    state = cell(x.select(1, t), state);
    states.push_back(state);
  }
  return torch::stack(states, 1);
}
)cpp";

} // namespace

std::vector<libtorch_helper> const& libtorch_helpers() {
  static std::vector<libtorch_helper> const helpers{
      {"channels_last", false, channels_last}, {"FactorizedReduce", true, factorized_reduce},
      {"QuantizedConv", true, quantized_conv}, {"shuffle_channels", false, shuffle_channels},
      {"SqueezeExcite", true, squeeze_excite}, {"Attention", true, attention},
      {"weighted_sum", false, weighted_sum},   {"recur", false, recur},
  };
  return helpers;
}

} // namespace espalier::compiler
