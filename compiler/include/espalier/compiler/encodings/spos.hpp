#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace espalier::compiler::encodings {

/// The blocks of a network of Single Path One-Shot (Guo et al., ECCV 2020).
struct spos_lists {
  std::vector<int> blocks;    ///< 0, 1 and 2 a ShuffleNetV2 block of kernel 3, 5 and 7, 3 the Xception one.
  std::vector<double> scales; ///< Of each block's middle channels; empty for 1.
};

struct spos_skeleton {
  int side = 224;
  int stem = 16;
  std::vector<int> layers{4, 4, 8, 4};
  std::vector<int> channels{64, 160, 320, 640};
  int head = 1024;
  int classes = 1000;
  bool classifier_bias = false;
};

/// Reads {"arch": [20 block choices], "channels": [20 scales, which may be left out]} or the list alone; a `user_error`
/// lists every fault.
spos_lists read_spos_lists(nlohmann::json const& encoding, spos_skeleton const& skeleton);

graph spos_network(spos_lists const& lists, spos_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
