#pragma once

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// A verified search space and everything derived from it. Neither copied nor moved: its parts refer to each other.
struct compiled_space {
  /// Verifies and expands; a broken rule is a `user_error`.
  explicit compiled_space(graph space);
  compiled_space(compiled_space const&) = delete;
  compiled_space& operator=(compiled_space const&) = delete;

  graph structured;
  graph expanded;
  decision_space decisions;
  cost_model costs;
  std::string text;        ///< Of the structured graph.
  std::string fingerprint; ///< Of the text: skeleton and decisions.
};

} // namespace espalier::compiler
