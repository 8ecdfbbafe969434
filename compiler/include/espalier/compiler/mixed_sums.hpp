#pragma once

#include <espalier/compiler/graph.hpp>

#include <optional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// Rectification, a convolution and a batch normalization in a row.
struct fused_stage {
  /// A depthwise convolution and a pointwise one; one from all channels to all; or two pointwise ones, each of every
  /// other pixel of every other row, the second a pixel further, whose channels follow one another.
  enum class kind { separable, dense, factorized };
  kind what = kind::separable;
  int kernel = 1;
  int dilation = 1;
  int stride = 1;
  tensor_type in;
  tensor_type out;
  std::vector<std::string> convolutions; ///< The names of the values whose operations hold the weights,
  std::string norm;                      ///< and the statistics.
};

/// A pooling, and maybe a batch normalization.
struct pooling_stage {
  bool takes_maximum = false;
  int kernel = 3;
  int stride = 1;
  tensor_type in;
  tensor_type out;
  std::string norm; ///< Empty where there is none.
};

/// A candidate of a mixed edge: stages one after another, a pooling, the input itself, nothing, or anything else.
struct mixed_candidate {
  enum class kind { zero, identity, stages, pooling, other };
  kind what = kind::other;
  std::vector<fused_stage> stages;
  pooling_stage pool;
};

/// One value, every candidate of a choice applied to it; or a block, the only candidate.
struct mixed_edge {
  std::string choice; ///< The name of the choice's or the block's value.
  std::string input;
  tensor_type in;
  std::vector<mixed_candidate> candidates;
};

/// The weighted sum of all candidates of all edges into a value, which is to be computed at once.
struct mixed_sum {
  std::string name; ///< Of the value.
  tensor_type type;
  std::vector<mixed_edge> edges;
};

/// Finds the values of a region, not of those inside, that are sums of choices among images, `select`s that add,
/// `add`s, and choices that nothing else joins, if some candidate is fused or pools; and the blocks that are fused.
std::vector<mixed_sum> find_mixed_sums(region const& body);

} // namespace espalier::compiler
