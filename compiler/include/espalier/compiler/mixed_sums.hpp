#pragma once

#include <espalier/compiler/graph.hpp>

#include <optional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// Rectification, a depthwise convolution, a pointwise one and a batch normalization in a row.
struct separable_stage {
  int kernel = 3;
  int dilation = 1;
  int stride = 1;
  tensor_type in;
  tensor_type out;
  std::string depthwise; ///< The names of the values whose operations hold the weights,
  std::string pointwise;
  std::string norm; ///< and the statistics.
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
  enum class kind { zero, identity, separable, pooling, other };
  kind what = kind::other;
  std::vector<separable_stage> stages;
  pooling_stage pool;
};

/// One value, every candidate of a choice applied to it.
struct mixed_edge {
  std::string choice; ///< The name of the choice's value.
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

/// Finds the values of a region, not of those inside, that are sums of choices among images: `select`s that add,
/// `add`s, and choices that nothing else joins. A sum is one only if some candidate is separable, or pools.
std::vector<mixed_sum> find_mixed_sums(region const& body);

} // namespace espalier::compiler
