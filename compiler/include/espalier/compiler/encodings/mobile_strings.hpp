#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A layer of FBNet (Wu et al., CVPR 2019, table 2).
struct fbnet_block {
  bool is_skip = false;
  int kernel = 3;
  int expansion = 1;
  int groups = 1;
  int channels = 16;
  int stride = 1;
};

struct fbnet_network_text {
  int resolution = 224;
  int stem = 16;
  std::vector<fbnet_block> blocks;
  int head = 1984;
  bool bias = true; ///< Of every convolution between the first and the last one, which have theirs.
};

/// Reads "[NNpx:] conv16s2|k3e1 16|k3e6 24s2,skip,k5e1g2|...|conv1x1 1984 [(no use_bias)]": stages between '|', layers
/// between ','; a layer without channels has those of the layer before. A `user_error` lists every fault.
fbnet_network_text read_fbnet(nlohmann::json const& encoding);

graph fbnet_network(fbnet_network_text const& text, int classes = 1000);

/// A network of MnasNet (Tan et al., CVPR 2019) as block strings such as r3_k5_s22_e3_i24_o40_se0.25_noskip.
struct mnasnet_stage {
  int layers = 1;
  int kernel = 3;
  int stride = 1;
  int expansion = 6;
  int in = 16;
  int out = 16;
  double squeeze = 0; ///< Of the block's input channels; 0 without squeeze and excitation.
  bool has_shortcuts = true;
};

/// Reads {"blocks": ["r1_k3_s11_e1_i32_o16_noskip", ...]} or the list alone; a `user_error` lists every fault.
std::vector<mnasnet_stage> read_mnasnet(nlohmann::json const& encoding);

/// `head` channels before pooling.
graph mnasnet_network(std::vector<mnasnet_stage> const& stages, int side = 224, int head = 1280, int classes = 1000);

} // namespace espalier::compiler::encodings
