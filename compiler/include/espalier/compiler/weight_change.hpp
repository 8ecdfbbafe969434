#pragma once

#include <string>
#include <variant>
#include <vector>

namespace espalier::compiler {

/// A tensor that is made of others, one after another along its first dimension.
struct concatenated_tensor {
  std::string name;
  std::vector<std::string> parts;

  bool operator==(concatenated_tensor const&) const = default;
};

/// A convolution or linear layer that has taken over the batch normalization behind it, as that is in evaluation mode:
/// with s = gamma / sqrt(variance + epsilon), each output channel's weight times s, and the bias beta + (bias - mean)
/// s. What is missing of bias, beta and gamma stands for 0, 0 and 1.
struct normalized_layer {
  std::string layer; ///< Of whose `weight` and `bias` are replaced; the bias may be new.
  std::string norm;
  bool is_transposed = false; ///< The weight is [in, out / groups, ...] instead of [out, in / groups, ...].
  int groups = 1;
  int first = 0; ///< Which of the normalized channels is the layer's first one.

  bool operator==(normalized_layer const&) const = default;
};

using weight_step = std::variant<concatenated_tensor, normalized_layer>;

/// How the weights of a network that a pass made follow from those before it: steps, each of which reads what the steps
/// before it left. Tensors that no step names are what they were; those that the network does not have are dropped.
using weight_change = std::vector<weight_step>;

} // namespace espalier::compiler
