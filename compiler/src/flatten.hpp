#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/space_view.hpp>

#include <deque>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A structured graph as the language's flat operations, so that its rules are checked by the language's own checker.
/// The inverse of `lower`, up to names of values.
struct flat_space {
  std::deque<std::string> names; ///< What the labels of `nodes` point to.
  std::vector<dsl::node> nodes;
  std::vector<std::string> places; ///< Of each node, as faults name it: `%repeat0/%conv1`.
  dsl::tensor_type input{};
  dsl::label name;

  [[nodiscard]] dsl::space_view view() const { return {name, input, nodes}; }
};

/// Whether every operation reads what the one before it gives, as the language writes spaces: no `add`, `concat` or
/// `select`, and no types but the input's.
bool is_declaration(graph const& g);

/// The first operation for which that is not so, or nullptr.
operation const* out_of_line(graph const& g);

/// Flattens a graph for which `is_declaration` holds.
flat_space flatten(graph const& declaration);

} // namespace espalier::compiler
