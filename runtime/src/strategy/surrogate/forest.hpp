#pragma once

#include "surrogate.hpp"

#include <espalier/compiler/random.hpp>

#include <cstdint>

namespace espalier::runtime {

/// A random forest for regression (Breiman, Machine Learning 2001) as SMAC builds it (Hutter, Hoos, Leyton-Brown, LION
/// 2011): every tree learns a bootstrap sample, and splits where the squared error falls most, among a random part of
/// the features.
class forest final : public surrogate {
public:
  struct parameters {
    int trees = 20;
    double features = 5.0 / 6; ///< That are tried at each split: the probability of each.
    std::size_t least = 1;     ///< Scores on each side of a split.
  };

  forest(std::uint64_t seed, parameters numbers) : random_(seed), numbers_(numbers) {}

  void fit(std::span<feature_set const> known, std::span<double const> scores) override;
  /// The law of total variance over the trees: the mean of the variances in the leaves, and the variance of their means
  /// (Hutter, Xu, Hoos, Leyton-Brown, Artificial Intelligence 2014, section 4.3.2).
  [[nodiscard]] std::vector<prediction> predict(std::span<feature_set const> asked) const override;

  /// The mean and the variance of the scores in a leaf.
  struct leaf {
    double mean = 0;
    double variance = 0;
  };
  /// Where each tree puts these features.
  [[nodiscard]] std::vector<leaf> leaves(feature_set const& asked) const;

private:
  // A split on a feature, behind which the node without it comes first, then the one with it; or a leaf.
  struct node {
    int feature = -1;
    std::size_t children = 0;
    leaf scores;
  };

  class growth;

  [[nodiscard]] leaf const& leaf_of(std::size_t tree, feature_set const& asked) const;

  compiler::random_generator random_;
  parameters numbers_;
  std::vector<std::vector<node>> trees_;
};

} // namespace espalier::runtime
