#include <espalier/runtime/changed_weights.hpp>

#include <espalier/compiler/error.hpp>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

constexpr double epsilon = 1e-5; // of LibTorch's batch normalization

at::Tensor const& find(named_tensors const& tensors, std::string const& name) {
  auto const found = tensors.find(name);
  if (found == tensors.end())
    throw user_error(fmt::format("weights: {} is missing; they belong to another network", name));
  return found->second;
}

at::Tensor find_or(named_tensors const& tensors, std::string const& name, at::Tensor const& preset) {
  auto const found = tensors.find(name);
  return found == tensors.end() ? preset : found->second;
}

// A factor for each output channel, in the shape in which it multiplies the weight.
at::Tensor along_outputs(at::Tensor const& factors, at::Tensor const& weight, compiler::normalized_layer const& step) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  if (!step.is_transposed) {
    shape[0] = weight.size(0);
    return factors.reshape(shape);
  }
  shape[0] = weight.size(0);
  shape[1] = weight.size(1);
  auto const inputs_of_group = weight.size(0) / step.groups;
  return factors.reshape({step.groups, 1, weight.size(1)})
      .expand({step.groups, inputs_of_group, weight.size(1)})
      .reshape(shape);
}

void apply(compiler::concatenated_tensor const& step, named_tensors& tensors) {
  std::vector<at::Tensor> parts;
  for (auto const& part : step.parts)
    parts.push_back(find(tensors, part));
  tensors[step.name] = torch::cat(parts, 0);
}

// The numbers of a normalization that are about the layer's channels.
at::Tensor of_layer(at::Tensor const& all, at::Tensor const& weight, compiler::normalized_layer const& step) {
  return all.narrow(0, step.first, step.is_transposed ? weight.size(1) * step.groups : weight.size(0));
}

void apply(compiler::normalized_layer const& step, named_tensors& tensors) {
  auto const all_means = find(tensors, step.norm + ".running_mean");
  auto const weight = find(tensors, step.layer + ".weight");
  auto const mean = of_layer(all_means, weight, step);
  auto const variance = of_layer(find(tensors, step.norm + ".running_var"), weight, step);
  auto const gamma = of_layer(find_or(tensors, step.norm + ".weight", torch::ones_like(all_means)), weight, step);
  auto const beta = of_layer(find_or(tensors, step.norm + ".bias", torch::zeros_like(all_means)), weight, step);
  auto const bias = find_or(tensors, step.layer + ".bias", torch::zeros_like(mean));
  auto const scale = gamma / torch::sqrt(variance + epsilon);
  tensors[step.layer + ".weight"] = weight * along_outputs(scale, weight, step);
  tensors[step.layer + ".bias"] = beta + (bias - mean) * scale;
}

} // namespace

named_tensors changed_weights(named_tensors tensors, compiler::weight_change const& change) {
  torch::NoGradGuard const no_gradient;
  for (auto const& step : change)
    std::visit([&](auto const& made) { apply(made, tensors); }, step);
  return tensors;
}

} // namespace espalier::runtime
