#include "loss_guard.hpp"

#include <cmath>

namespace espalier::runtime {

loss_guard::loss_guard(std::int64_t classes) : guessing_(std::log(static_cast<double>(classes))) {}

bool loss_guard::jumps(double loss) {
  constexpr std::int64_t enough = 20;
  constexpr double most = 4;
  constexpr double share = 0.05; // of a loss in the mean
  if (!std::isfinite(loss) || (known_ >= enough && loss > most * mean_ && loss > most * guessing_))
    return true;
  ++known_;
  mean_ += std::fmax(share, 1.0 / static_cast<double>(known_)) * (loss - mean_);
  return false;
}

} // namespace espalier::runtime
