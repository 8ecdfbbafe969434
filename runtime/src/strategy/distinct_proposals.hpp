#pragma once

#include "strategy.hpp"

#include <map>
#include <optional>

namespace espalier::runtime {

/// What a strategy proposes, each architecture once: one whose score is known costs no evaluation, and is told again at
/// once, or, to a strategy that does not count repeats, from the hundredth known one in a row on; one that is being
/// evaluated is passed over.
class distinct_proposals {
public:
  /// The strategy must outlive it.
  explicit distinct_proposals(strategy& proposer) : proposer_(proposer) {}

  /// An architecture that was not proposed before; nothing where the strategy has nothing left, or nothing new in a
  /// thousand proposals.
  std::optional<compiler::architecture> next();
  /// The score of one that was proposed.
  void observe(compiler::architecture const& a, double score);

private:
  strategy& proposer_;
  std::map<compiler::architecture, std::optional<double>> known_; // without a score while it is being evaluated
};

} // namespace espalier::runtime
