#pragma once

#include <espalier/compiler/architecture.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace espalier::compiler {

using dsl::operation_cost;

/// Parameters and multiply-adds of every architecture of a space, as one sum over the decisions: nothing is built to
/// evaluate it.
///
/// Convention: `params` counts trainable tensors of the stand-alone network (with the scale and shift of batch
/// normalization); `macs` counts convolutions and linear layers for one example.
class cost_model {
public:
  cost_model(graph const& expanded, decision_space const& space);

  [[nodiscard]] operation_cost of(architecture const& a) const;

  /// The architecture of smallest or largest cost, exactly; `key` picks the cost.
  [[nodiscard]] architecture smallest(long long operation_cost::*key) const;
  [[nodiscard]] architecture largest(long long operation_cost::*key) const;

  /// What option `option` of decision `i` adds by itself.
  [[nodiscard]] operation_cost const& option_cost(std::size_t i, std::size_t option) const {
    return options_[i][option];
  }

private:
  void collect(region const& in, int decision, std::size_t option);
  [[nodiscard]] architecture extreme(long long operation_cost::*key, bool largest) const;

  decision_space const* space_;
  operation_cost fixed_;
  std::vector<std::vector<operation_cost>> options_;
};

/// The cost of a network without decisions.
operation_cost cost_of(graph const& network);

} // namespace espalier::compiler
