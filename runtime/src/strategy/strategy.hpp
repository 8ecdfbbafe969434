#pragma once

#include <espalier/compiler/architecture.hpp>

namespace espalier::runtime {

/// Proposes architectures and learns from their scores. Deterministic: the same seed and the same scores give the same
/// proposals, so that a run resumes by replaying its trials.
class strategy {
public:
  virtual ~strategy() = default;
  virtual compiler::architecture propose() = 0;
  virtual void observe(compiler::architecture const& a, double score) = 0;
};

} // namespace espalier::runtime
