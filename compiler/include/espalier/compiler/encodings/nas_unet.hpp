#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// The cells of NAS-Unet (Weng et al., IEEE Access 2019): two edges a node. On the way down state 0 is twice as large
/// as state 1; on the way up state 1 is half as large as state 0.
struct nas_unet_genotype {
  struct edge {
    std::string operation;
    int input = 0;
  };
  std::vector<edge> down;
  std::vector<int> down_concat;
  std::vector<edge> up;
  std::vector<int> up_concat;
};

struct nas_unet_skeleton {
  tensor_type input{dsl::tensor_kind::image, 1, 256, 256};
  int channels = 48;
  int depth = 4;
  int classes = 1;
};

/// Reads {"down": [["down_conv", 1], ...], "down_concat": [2, ...], "up": ..., "up_concat": ...}; a `user_error` lists
/// every fault.
nas_unet_genotype read_nas_unet_genotype(nlohmann::json const& encoding);

/// The network of the released code; but for the group normalization of its last layer, which never runs.
graph nas_unet_network(nas_unet_genotype const& genotype, nas_unet_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
