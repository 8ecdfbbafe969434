#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <vector>

namespace espalier::compiler {

/// A leaf with all its numbers, and what it reads.
struct operation_shape {
  operation leaf; ///< Without names.
  tensor_type input;

  /// The same for operations that compute the same on equal shapes: `conv image[16, 32, 32] {kernel = 3, ...}`.
  [[nodiscard]] std::string key() const;
};

/// The key of a leaf of a network.
std::string operation_key(operation const& leaf, tensor_type const& input);

/// Every leaf, with every numbers and input shape, that a network of an expanded space can hold, in the order in which
/// they are met, each once. Decisions are taken one by one, so that a few may be listed that no architecture combines.
std::vector<operation_shape> operation_shapes(graph const& expanded);

} // namespace espalier::compiler
