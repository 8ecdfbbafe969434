#pragma once

#include <optional>

namespace espalier::runtime {

/// The mean of rewards, each weighted less the longer it is past: the baseline of a policy gradient. Before the first
/// one there is none.
class moving_average {
public:
  explicit moving_average(double decay, std::optional<double> value = {}) : decay_(decay), value_(value) {}

  void add(double reward) { value_ = value_ ? decay_ * *value_ + (1 - decay_) * reward : reward; }
  [[nodiscard]] std::optional<double> value() const { return value_; }

private:
  double decay_;
  std::optional<double> value_;
};

} // namespace espalier::runtime
