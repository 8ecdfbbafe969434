#pragma once

#include "strategy.hpp"

#include <espalier/compiler/decision_process.hpp>
#include <espalier/compiler/sample.hpp>

#include <utility>

namespace espalier::runtime {

/// Exhaustive search: every architecture that satisfies the constraint, once, in the order in which the steps of a
/// `decision_process` count up, the last one first. A space of any size begins at once.
class exhaustive_search final : public strategy {
public:
  exhaustive_search(compiler::decision_space const& space, compiler::constraint limit)
      : limit_(std::move(limit)), process_(space) {}

  /// A `user_error`, too, where millions in a row are beyond the constraint.
  compiler::architecture propose() override;
  void observe(compiler::architecture const&, double) override {}

private:
  bool advance();

  compiler::constraint limit_;
  compiler::decision_process process_;
  bool has_begun_ = false;
};

} // namespace espalier::runtime
