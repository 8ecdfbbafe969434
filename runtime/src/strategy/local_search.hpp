#pragma once

#include "strategy.hpp"

#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Local search (White, Nolen and Savani, UAI 2021, algorithm 1): from the best of some random architectures, the
/// neighbours in random order, moving to the first that is better ("query until lower"); where none is, anew.
///
/// A better score that comes late is moved to as well, whatever was proposed meanwhile.
class local_search final : public strategy {
public:
  struct parameters {
    std::size_t starts = 10; ///< Random architectures of which the best begins, as in the released code.
  };

  local_search(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
               parameters numbers)
      : space_(space), limit_(std::move(limit)), random_(seed), numbers_(numbers) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;

private:
  struct individual {
    compiler::architecture a;
    double score;
  };

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  std::size_t scored_ = 0; // since the search began anew
  std::optional<individual> current_;
  std::vector<compiler::architecture> neighbours_; // of the current one, not proposed yet
};

} // namespace espalier::runtime
