#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>

namespace espalier::runtime {

/// Proposes architectures and learns from their scores, of which more is better.
///
/// Deterministic: the same seed and the same calls, in the same order, give the same proposals. A study resumes by
/// making them again, and several processes that share one make the same calls. Between a proposal and its score there
/// may be other proposals and other scores; the score of an architecture that failed never comes; one that was scored
/// before may be told again, with the same score, and counts as often as it is told.
class strategy {
public:
  virtual ~strategy() = default;
  /// Always an architecture within the limits; `nothing_left` where the strategy has no more of them.
  virtual compiler::architecture propose() = 0;
  virtual void observe(compiler::architecture const& a, double score) = 0;
  /// Whether the score of an architecture that it proposes again is to be told again, as if that had been evaluated
  /// anew; or else only where it has proposed nothing new for long.
  [[nodiscard]] virtual bool counts_repeats() const { return true; }
  /// Of which the last proposal is a child; null where it has no parent. Lives until the next call.
  [[nodiscard]] virtual compiler::architecture const* parent() const { return nullptr; }
};

/// Thrown by a strategy that has proposed all that it can.
class nothing_left : public user_error {
public:
  using user_error::user_error;
};

} // namespace espalier::runtime
