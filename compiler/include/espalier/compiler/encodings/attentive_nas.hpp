#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace espalier::compiler::encodings {

/// A subnet of AttentiveNAS (Wang et al., CVPR 2021) and of BigNAS spaces: seven stages between first and last layer.
struct attentive_nas_config {
  int resolution = 224;
  std::vector<int> width; ///< Of the first layer, the stages and the last layer.
  std::vector<int> depth; ///< Of each stage, as `kernel_size` and `expand_ratio`.
  std::vector<int> kernel_size;
  std::vector<int> expand_ratio;
};

/// Reads {"resolution": 224, "width": [9], "depth": [7], "kernel_size": [7], "expand_ratio": [7]}; a `user_error` lists
/// every fault.
attentive_nas_config read_attentive_nas_config(nlohmann::json const& encoding);

/// The network of a config: the released code's, without the convolutions that its shortcuts hold and never use.
graph attentive_nas_network(attentive_nas_config const& config, int classes = 1000);

/// Those 1x1 convolutions: one in every block that keeps its channels, in the count of the released code.
long long unused_shortcut_params(attentive_nas_config const& config);

} // namespace espalier::compiler::encodings
