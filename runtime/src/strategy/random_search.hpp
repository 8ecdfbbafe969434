#pragma once

#include "../search_context.hpp"
#include "strategy.hpp"

namespace espalier::runtime {

/// Random search: uniform over the architectures that satisfy the constraint.
class random_search final : public strategy {
public:
  random_search(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed)
      : space_(space), limit_(limit), random_(seed) {}

  compiler::architecture propose() override { return compiler::sample(space_, random_, limit_); }
  void observe(compiler::architecture const&, double) override {}

private:
  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
};

} // namespace espalier::runtime
