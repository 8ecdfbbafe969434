#pragma once

#include <cstdint>

namespace espalier::runtime {

/// Notices when training falls apart: a loss that is no number, or, once some are known, one of more than four times
/// their running mean and of more than four times that of guessing among the classes.
class loss_guard {
public:
  explicit loss_guard(std::int64_t classes);

  /// Whether this loss jumps; one that does not joins the mean.
  [[nodiscard]] bool jumps(double loss);
  [[nodiscard]] double mean() const { return mean_; }

private:
  double guessing_;
  double mean_ = 0;
  std::int64_t known_ = 0;
};

} // namespace espalier::runtime
