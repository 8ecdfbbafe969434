#pragma once

#include <torch/torch.h>

namespace language {

/// Carries a state along a sequence, at first zeros: [N, T, in] -> [N, T, features].
template <typename Cell> torch::Tensor recur(Cell &cell, torch::Tensor x, int64_t features) {
  auto state = x.new_zeros({x.size(0), features});
  std::vector<torch::Tensor> states;
  for (int64_t t = 0; t < x.size(1); ++t) {
    state = cell(x.select(1, t), state);
    states.push_back(state);
  }
  return torch::stack(states, 1);
}

/// recurrence0: [N, 10], [N, 12] -> [N, 12].
struct RecurrentCellImpl : torch::nn::Module {
  RecurrentCellImpl() {
    linear0_ = register_module("linear0", torch::nn::Linear(torch::nn::LinearOptions(22, 24).bias(false)));
    linear1_ = register_module("linear1", torch::nn::Linear(torch::nn::LinearOptions(12, 12).bias(false)));
  }

  torch::Tensor forward(torch::Tensor features, torch::Tensor state) {
    auto concat0 = torch::cat({features, state}, 1); // [N, 22]
    auto linear0 = linear0_(concat0);                // [N, 24]
    auto chunk0 = linear0.chunk(2, 1)[0];            // [N, 12]
    auto chunk1 = linear0.chunk(2, 1)[1];
    auto tanh0 = torch::tanh(chunk1);
    auto highway0 = torch::lerp(state, tanh0, torch::sigmoid(chunk0));
    auto linear1 = linear1_(highway0);
    auto sigmoid0 = torch::sigmoid(linear1);
    return torch::mean(torch::stack({highway0, sigmoid0}), 0);
  }

  torch::nn::Linear linear0_{nullptr};
  torch::nn::Linear linear1_{nullptr};
};
TORCH_MODULE(RecurrentCell);

/// The network: [N, 9] -> [N, 9, 30].
struct NetworkImpl : torch::nn::Module {
  NetworkImpl() {
    embedding0_ = register_module("embedding0", torch::nn::Embedding(30, 10));
    recurrence0_ = register_module("recurrence0", RecurrentCell());
    lstm0_ = register_module("lstm0", torch::nn::LSTM(torch::nn::LSTMOptions(12, 8).batch_first(true)));
    gru0_ = register_module("gru0", torch::nn::GRU(torch::nn::GRUOptions(8, 10).batch_first(true)));
    position_embedding0_ = register_parameter("position_embedding0", torch::normal(0, 0.02, {9, 10}));
    tied_linear0_ = register_parameter("tied_linear0", torch::zeros(30));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto embedding0 = embedding0_(x);                       // [N, 9, 10]
    auto recurrence0 = recur(recurrence0_, embedding0, 12); // [N, 9, 12]
    auto lstm0 = std::get<0>(lstm0_(recurrence0));          // [N, 9, 8]
    auto gru0 = std::get<0>(gru0_(lstm0));                  // [N, 9, 10]
    auto position_embedding0 = torch::add(gru0, position_embedding0_);
    auto none0 = torch::zeros_like(gru0);
    auto concat0 = torch::cat({position_embedding0, none0}, 2); // [N, 9, 20]
    auto chunk0 = concat0.chunk(2, 2)[0];                       // [N, 9, 10]
    auto add0 = chunk0 + embedding0;
    return torch::linear(add0, embedding0_->weight, tied_linear0_) + torch::linear(chunk0, embedding0_->weight);
  }

  torch::nn::Embedding embedding0_{nullptr};
  RecurrentCell recurrence0_{nullptr};
  torch::nn::LSTM lstm0_{nullptr};
  torch::nn::GRU gru0_{nullptr};
  torch::Tensor position_embedding0_;
  torch::Tensor tied_linear0_;
};
TORCH_MODULE(Network);

} // namespace language
