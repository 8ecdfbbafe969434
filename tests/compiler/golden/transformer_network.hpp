#pragma once

#include <torch/torch.h>

namespace transformer {

/// The layout in which depthwise convolutions are fastest on CPUs. An image of one channel has it only by its strides.
inline torch::Tensor channels_last(torch::Tensor x) {
  if (x.size(1) > 1)
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

/// Multi-head self-attention (Vaswani et al. 2017): [N, T, features] -> [N, T, features].
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

/// Used 2 times; the first is encoder0: [N, 6, 12] -> [N, 6, 12].
struct EncoderImpl : torch::nn::Module {
  EncoderImpl(int64_t inner_channels, int64_t heads, int64_t head_width) {
    layer_norm0_ = register_module("layer_norm0", torch::nn::LayerNorm(torch::nn::LayerNormOptions({12})));
    attention0_ = register_module("attention0", Attention(12, heads, head_width));
    layer_norm1_ = register_module("layer_norm1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({12})));
    linear0_ = register_module("linear0", torch::nn::Linear(12, inner_channels));
    linear1_ = register_module("linear1", torch::nn::Linear(inner_channels, 12));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto layer_norm0 = layer_norm0_(x);
    auto add0 = x + attention0_(layer_norm0);
    auto layer_norm1 = layer_norm1_(add0);
    auto linear0 = linear0_(layer_norm1); // [N, 6, 24]
    auto gelu0 = torch::gelu(linear0);
    return add0 + linear1_(gelu0); // [N, 6, 12]
  }

  torch::nn::LayerNorm layer_norm0_{nullptr};
  Attention attention0_{nullptr};
  torch::nn::LayerNorm layer_norm1_{nullptr};
  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
};
TORCH_MODULE(Encoder);

/// The network: [N, 3, 8, 12] -> [N, 4].
struct NetworkImpl : torch::nn::Module {
  NetworkImpl() {
    patch_embedding0_ = register_module(
        "patch_embedding0", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 12, 4).stride(4)));
    position_embedding0_ = register_parameter("position_embedding0", torch::normal(0, 0.02, {6, 12}));
    encoder0_ = register_module("encoder0", Encoder(24, 3, 4));
    encoder1_ = register_module("encoder1", Encoder(36, 2, 5));
    conv0_ = register_module("conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(12, 8, 3).padding(1).bias(false)));
    lstm0_ = register_module("lstm0", torch::nn::LSTM(torch::nn::LSTMOptions(8, 6).batch_first(true)));
    layer_norm0_ = register_module("layer_norm0", torch::nn::LayerNorm(torch::nn::LayerNormOptions({56})));
    linear0_ = register_module("linear0", torch::nn::Linear(56, 4));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = channels_last(x);
    x = patch_embedding0_(x).flatten(2).transpose(1, 2); // [N, 6, 12]
    x = torch::add(x, position_embedding0_);
    x = encoder0_(x);
    x = encoder1_(x);
    x = x.transpose(1, 2).reshape({x.size(0), x.size(2), 2, 3}); // [N, 12, 2, 3]
    auto conv0 = conv0_(x);                                      // [N, 8, 2, 3]
    auto as_sequence0 = conv0.flatten(2).transpose(1, 2);        // [N, 6, 8]
    auto lstm0 = std::get<0>(lstm0_(as_sequence0));              // [N, 6, 6]
    auto last_step0 = lstm0.select(1, -1);                       // [N, 6]
    auto global_avg_pool0 = lstm0.mean(1);
    auto global_avg_pool1 = conv0.mean({2, 3});                                               // [N, 8]
    auto flatten0 = lstm0.flatten(1);                                                         // [N, 36]
    auto concat0 = torch::cat({last_step0, global_avg_pool0, global_avg_pool1, flatten0}, 1); // [N, 56]
    auto layer_norm0 = layer_norm0_(concat0);
    return linear0_(layer_norm0); // [N, 4]
  }

  torch::nn::Conv2d patch_embedding0_{nullptr};
  torch::Tensor position_embedding0_;
  Encoder encoder0_{nullptr};
  Encoder encoder1_{nullptr};
  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::LSTM lstm0_{nullptr};
  torch::nn::LayerNorm layer_norm0_{nullptr};
  torch::nn::Linear linear0_{nullptr};
};
TORCH_MODULE(Network);

} // namespace transformer
