#include "bilevel.hpp"

#include <cmath>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using tensors = std::vector<at::Tensor>;

// The gradients of a loss; undefined for what it does not read.
tensors gradients(at::Tensor const& loss, tensors const& of) {
  if (!loss.requires_grad())
    return tensors(of.size());
  return torch::autograd::grad({loss}, of, {}, false, false, true);
}

// Switches gradients of tensors off while it lives.
class without_gradients {
public:
  explicit without_gradients(tensors const& of) : of_(of) { set(false); }
  ~without_gradients() { set(true); }
  without_gradients(without_gradients const&) = delete;
  without_gradients& operator=(without_gradients const&) = delete;

private:
  void set(bool on) {
    for (auto const& t : of_)
      t.requires_grad_(on);
  }
  tensors const& of_;
};

tensors copies(tensors const& of) {
  tensors made;
  for (auto const& t : of)
    made.push_back(t.detach().clone());
  return made;
}

void set(tensors const& to, tensors const& from) {
  torch::NoGradGuard const no_gradient;
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i].copy_(from[i]);
}

// to += scale * by, where there is a `by`.
void add(tensors const& to, double scale, tensors const& by) {
  torch::NoGradGuard const no_gradient;
  for (std::size_t i = 0; i < to.size(); ++i)
    if (by[i].defined())
      to[i].add_(by[i], scale);
}

void leave(tensors const& parameters, tensors const& gradients) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].mutable_grad() = gradients[i];
}

double norm(tensors const& of) {
  tensors flat;
  for (auto const& t : of)
    if (t.defined())
      flat.push_back(t.reshape(-1));
  return flat.empty() ? 0 : torch::cat(flat).norm().item<double>();
}

} // namespace

void first_order_gradient(bilevel_problem const& problem) {
  without_gradients const frozen{problem.weights};
  leave(problem.architecture, gradients(problem.validation_loss(), problem.architecture));
}

std::vector<at::Tensor> mixed_derivative_times(bilevel_problem const& problem, std::vector<at::Tensor> const& v) {
  without_gradients const frozen{problem.weights};
  auto const length = norm(v);
  if (length == 0)
    return tensors(problem.architecture.size());
  auto const step = 0.01 / length;
  auto const start = copies(problem.weights);
  add(problem.weights, step, v);
  auto result = gradients(problem.training_loss(), problem.architecture);
  set(problem.weights, start);
  add(problem.weights, -step, v);
  auto const below = gradients(problem.training_loss(), problem.architecture);
  set(problem.weights, start);
  for (std::size_t i = 0; i < result.size(); ++i)
    if (result[i].defined())
      result[i] = (result[i] - below[i]) / (2 * step);
  return result;
}

void step_ahead(bilevel_problem const& problem, look_ahead const& ahead) {
  auto const found = [&] {
    without_gradients const frozen{problem.architecture};
    return gradients(problem.training_loss(), problem.weights);
  }();
  torch::NoGradGuard const no_gradient;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto const& w = problem.weights[i];
    if (!found[i].defined())
      continue; // no optimizer moves what the loss does not read
    auto const gradient = found[i].add(w, ahead.weight_decay);
    bool const has_buffer = i < ahead.buffers.size() && ahead.buffers[i].defined();
    auto const buffer = has_buffer ? gradient.add(ahead.buffers[i], ahead.momentum) : gradient;
    w.sub_(ahead.nesterov ? gradient.add(buffer, ahead.momentum) : buffer, ahead.rate);
  }
}

void second_order_gradient(bilevel_problem const& problem, look_ahead const& ahead) {
  auto const& weights = problem.weights;
  auto const start = copies(weights);
  step_ahead(problem, ahead);
  auto both = weights;
  both.insert(both.end(), problem.architecture.begin(), problem.architecture.end());
  auto const found = gradients(problem.validation_loss(), both);
  auto const split = found.begin() + static_cast<std::ptrdiff_t>(weights.size());
  tensors by_architecture(split, found.end());
  set(weights, start);
  auto const implicit = mixed_derivative_times(problem, {found.begin(), split});
  for (std::size_t i = 0; i < by_architecture.size(); ++i) {
    auto& g = by_architecture[i];
    if (implicit[i].defined())
      g = g.defined() ? g - ahead.rate * implicit[i] : -ahead.rate * implicit[i];
  }
  leave(problem.architecture, by_architecture);
}

} // namespace espalier::runtime
