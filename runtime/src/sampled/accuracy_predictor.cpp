#include "accuracy_predictor.hpp"

#include "../checkpoint.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <cmath>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

using compiler::architecture;

constexpr std::int64_t hidden = 400;
constexpr int hidden_layers = 3;
constexpr std::int64_t epochs = 60;
constexpr std::int64_t batch = 64;
constexpr double learning_rate = 1e-3;
constexpr double weight_decay = 1e-2;

} // namespace

accuracy_predictor::accuracy_predictor(compiler::decision_space const& space) : space_(&space), first_{0} {
  for (auto const& d : space.decisions())
    first_.push_back(first_.back() + static_cast<std::int64_t>(d.options.size()));
}

void accuracy_predictor::fit(std::span<measured_architecture const> measured, std::uint64_t seed) {
  if (measured.empty())
    throw internal_error("a predictor was to be fitted to nothing");
  std::vector<architecture> architectures;
  std::vector<double> accuracies;
  for (auto const& m : measured) {
    architectures.push_back(m.a);
    accuracies.push_back(m.accuracy);
  }
  auto const inputs = encoded(architectures);
  auto const exact = torch::tensor(accuracies, torch::kFloat64);
  mean_ = exact.mean().item<double>();
  auto const deviation = exact.std(false).item<double>();
  scale_ = deviation > 0 ? deviation : 1;
  auto const targets = ((exact - mean_) / scale_).to(torch::kFloat32);

  initialize(seed);
  std::vector<at::Tensor> parameters;
  for (auto const& l : layers_)
    for (auto const& parameter : {l.weight, l.bias})
      parameters.push_back(parameter.requires_grad_());
  torch::optim::Adam optimizer{parameters, torch::optim::AdamOptions{learning_rate}.weight_decay(weight_decay)};
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    random_stream order{derive_seed(seed, "shuffle", static_cast<std::uint64_t>(epoch))};
    for (auto const& rows : torch::tensor(permutation(inputs.size(0), order)).split(batch)) {
      optimizer.zero_grad();
      torch::mse_loss(forward(inputs.index_select(0, rows)), targets.index_select(0, rows)).backward();
      optimizer.step();
    }
  }
}

double accuracy_predictor::operator()(architecture const& a) const {
  return predict({&a, 1}).front();
}

std::vector<double> accuracy_predictor::predict(std::span<architecture const> architectures) const {
  if (layers_.empty())
    throw internal_error("a predictor is asked before it was fitted");
  torch::NoGradGuard const no_gradient;
  auto const made = (forward(encoded(architectures)).to(torch::kFloat64) * scale_ + mean_).contiguous();
  return {made.data_ptr<double>(), made.data_ptr<double>() + made.numel()};
}

void accuracy_predictor::save(torch::serialize::OutputArchive& archive) const {
  archive.write("decisions", c10::IValue{space_->fingerprint()});
  archive.write("mean", torch::tensor(mean_, torch::kFloat64));
  archive.write("scale", torch::tensor(scale_, torch::kFloat64));
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    archive.write(fmt::format("weight{}", i), layers_[i].weight);
    archive.write(fmt::format("bias{}", i), layers_[i].bias);
  }
}

void accuracy_predictor::load(torch::serialize::InputArchive& archive) {
  c10::IValue decisions;
  archive.read("decisions", decisions);
  if (decisions.toStringRef() != space_->fingerprint())
    throw user_error(fmt::format("the predictor was fitted to the decisions {}, the space has {}: use the space it was "
                                 "fitted to",
                                 decisions.toStringRef(), space_->fingerprint()));
  mean_ = read_number<double>(archive, "mean");
  scale_ = read_number<double>(archive, "scale");
  layers_.clear();
  for (int i = 0; i <= hidden_layers; ++i)
    layers_.push_back(
        {read_tensor(archive, fmt::format("weight{}", i)), read_tensor(archive, fmt::format("bias{}", i))});
}

at::Tensor accuracy_predictor::encoded(std::span<architecture const> architectures) const {
  auto inputs = torch::zeros({static_cast<std::int64_t>(architectures.size()), first_.back()});
  auto* row = inputs.data_ptr<float>();
  for (auto const& a : architectures) {
    auto const active = compiler::active_decisions(*space_, a);
    for (std::size_t i = 0; i < space_->size(); ++i)
      for (std::size_t o = 0; o < (*space_)[i].options.size(); ++o)
        row[first_[i] + static_cast<std::int64_t>(o)] = active[i] && compiler::takes((*space_)[i], a.values[i], o);
    row += first_.back();
  }
  return inputs;
}

at::Tensor accuracy_predictor::forward(at::Tensor x) const {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    x = torch::linear(i == 0 ? x : torch::relu(x), layers_[i].weight, layers_[i].bias);
  return x.squeeze(1);
}

// As LibTorch's linear layers are initialized: uniform within 1 / sqrt(inputs).
void accuracy_predictor::initialize(std::uint64_t seed) {
  auto generator = make_generator(derive_seed(seed, "initialization"));
  layers_.clear();
  auto inputs = first_.back();
  for (int i = 0; i <= hidden_layers; ++i) {
    auto const outputs = i == hidden_layers ? 1 : hidden;
    auto const bound = 1 / std::sqrt(static_cast<double>(inputs));
    auto const drawn = [&](at::IntArrayRef sizes) { return torch::empty(sizes).uniform_(-bound, bound, generator); };
    layers_.push_back({drawn({outputs, inputs}), drawn({outputs})});
    inputs = outputs;
  }
}

} // namespace espalier::runtime
