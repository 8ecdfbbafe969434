#pragma once

#include "sampled_path.hpp"

#include <span>

#include <torch/serialize.h>

namespace espalier::runtime {

/// Stochastic gradient descent of what sampled paths use of a supernet, and nothing else: neither momentum nor weight
/// decay touches an element that no path of the step has.
class path_descent {
public:
  struct parameters {
    double momentum = 0.9;
    bool nesterov = false;
    double weight_decay = 0;
    bool decays_vectors = true; ///< Whether biases, scales and shifts decay, too.
    double clip_norm = 0;       ///< The largest norm of the whole gradient; 0 for any.
    double clip_value = 0;      ///< The largest size of an element of it; 0 for any.
  };

  path_descent(network& supernet, parameters numbers);

  /// A step along the sum of the gradients of these paths.
  void step(std::span<sampled_path const> paths, double learning_rate);

  /// The momentum that there is.
  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

private:
  // What a step changes of a tensor.
  struct change {
    at::Tensor whole;
    tensor_cut const* cut; // of it
    at::Tensor part;       // of the same, which may be a view
    at::Tensor gradient;
    at::Tensor used; // where some of the elements stay as they are
  };

  [[nodiscard]] std::vector<change> changes_of(std::span<sampled_path const> paths) const;
  void clip(std::vector<change> const& changes) const;
  void move(change const& c, double learning_rate);
  at::Tensor& momentum_of(at::Tensor const& whole);

  std::vector<at::Tensor> parameters_; // of the supernet
  parameters numbers_;
  std::map<at::TensorImpl const*, at::Tensor> momentum_; // by the supernet's parameters
};

} // namespace espalier::runtime
