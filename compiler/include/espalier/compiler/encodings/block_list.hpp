#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// An inverted bottleneck of a MobileNet: 1x1 (where it expands), depthwise and 1x1 convolution.
struct inverted_bottleneck {
  int in = 0;
  int middle = 0;
  int out = 0;
  int kernel = 3;
  int stride = 1;
  bool expands = true;
  bool has_shortcut = false;
  int squeezed = 0; ///< Channels between the two layers of squeeze and excitation; 0 without.
  std::string activation = "relu6";
};

/// A network of the released ProxylessNAS (Cai et al., ICLR 2019) and Once-for-All (Cai et al., ICLR 2020): a list of
/// blocks with its head.
struct block_list {
  int resolution = 224;
  int first = 32; ///< Channels of the first convolution.
  std::string first_activation = "relu6";
  std::vector<inverted_bottleneck> blocks; ///< Without those that are zero.
  int final_expand = 0;                    ///< Channels of a 1x1 convolution before pooling, 0 without one.
  int feature_mix = 1280;
  bool mixes_before_pooling = true; ///< With batch normalization; else behind pooling and without.
  int classes = 1000;
};

/// Reads {"first": 32, "first_act": "relu6", "blocks": [{"cin", "cout", "k", "s", "e", "mid", "act", "se", "skip"} or
/// "zero", ...], "final_expand", "feature_mix", "feature_mix_bn", "classes"}, and "resolution" where it is told; a
/// `user_error` lists every fault.
block_list read_block_list(nlohmann::json const& encoding);

/// The network for square images of `side` pixels.
graph block_list_network(block_list const& list, int side);

/// The largest network of the released supernets of Once-for-All: every layer's kernel is 7, its expansion 6, and four
/// layers stand in every stage; widths are `width_percent` per cent of the published ones.
enum class once_for_all_family { mobilenet_v3, proxyless };
block_list largest_block_list(once_for_all_family family, int width_percent);

} // namespace espalier::compiler::encodings
