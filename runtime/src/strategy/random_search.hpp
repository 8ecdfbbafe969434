#pragma once

#include "strategy.hpp"

#include <espalier/compiler/sample.hpp>

#include <utility>

namespace espalier::runtime {

/// Random search (Li and Talwalkar, UAI 2019): draws by one law among the architectures that satisfy the constraint.
/// Where the law over choices hardly ever meets it, the one over architectures takes its place.
class random_search final : public strategy {
public:
  random_search(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                compiler::uniform_over law = compiler::uniform_over::architectures)
      : space_(space), limit_(std::move(limit)), random_(seed), law_(law) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const&, double) override {}

private:
  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  compiler::uniform_over law_;
};

} // namespace espalier::runtime
