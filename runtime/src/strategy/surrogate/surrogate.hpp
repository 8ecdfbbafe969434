#pragma once

#include "feature_set.hpp"

#include <span>
#include <vector>

namespace espalier::runtime {

/// What is expected of the score of an architecture, and the standard deviation of it.
struct prediction {
  double mean = 0;
  double deviation = 0;
};

/// A model that predicts scores from features.
class surrogate {
public:
  virtual ~surrogate() = default;
  /// Learns all scores that are known, at least one. Those of the last call come first, in the same order.
  virtual void fit(std::span<feature_set const> known, std::span<double const> scores) = 0;
  /// In the unit of the scores, of which there was at least one.
  [[nodiscard]] virtual std::vector<prediction> predict(std::span<feature_set const> asked) const = 0;
};

} // namespace espalier::runtime
