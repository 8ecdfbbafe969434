#pragma once

#include "cell_paths.hpp"
#include "feature_set.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/compiled_space.hpp>

#include <vector>

namespace espalier::runtime {

/// Architectures as sets of features, from which a surrogate predicts their scores.
class encoding {
public:
  /// A feature for every option of every decision: it is there where the option is taken, and never where the decision
  /// does not exist. The space must outlive it.
  static encoding one_hot(compiler::decision_space const& space);
  /// A feature for every path of operations through a cell (`cell_paths`); the decisions that no path tells are
  /// one-hot, which are all of them where the space has no cells. The space must outlive it.
  static encoding paths(compiler::compiled_space const& space);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] feature_set operator()(compiler::architecture const& a) const;

private:
  encoding(compiler::decision_space const& space, std::vector<cell_paths> cells);

  compiler::decision_space const* space_;
  std::vector<cell_paths> cells_;
  std::vector<std::size_t> decisions_; // those that are one-hot
  std::size_t size_ = 0;
};

} // namespace espalier::runtime
