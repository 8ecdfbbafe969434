#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace espalier::runtime {

/// A step in which a controller decides something.
struct decision_step {
  std::size_t decision;
  /// Of a subset among the earlier layers of a skip chain: for each option the step that ends its layer, in which the
  /// anchor of that layer stands; none where the option is the chain's input, or nothing is decided in the layer.
  std::vector<std::optional<std::size_t>> anchors = {};
};

/// Every decision of a space once, in the order in which a controller makes them: parents before their children, layers
/// of a skip chain before those that may read them, and else as the space has them.
std::vector<decision_step> order_of_decisions(compiler::compiled_space const& space);

} // namespace espalier::runtime
