#pragma once

#include "../program.hpp"

namespace espalier::runtime {

/// The network of one architecture as it is trained within a supernet: its parameters are leaves of autograd of their
/// own, parts of the supernet's in the supernet's storage. Forward, backward and step then cost what the network costs
/// alone, however large the supernet is.
class sampled_path {
public:
  /// The supernet must outlive it.
  sampled_path(network& supernet, compiler::architecture const& a);

  /// Images [N, C, H, W] -> logits [N, classes], in the supernet's mode.
  [[nodiscard]] at::Tensor forward(at::Tensor const& x, path_noise const& noise = {}) const;

  /// Parameters, whose gradients are those of their `part`, and statistics.
  [[nodiscard]] std::vector<bound_tensor> const& tensors() const { return bound_.tensors; }

private:
  network& supernet_;
  bound_network bound_;
};

} // namespace espalier::runtime
