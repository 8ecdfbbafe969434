#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/rules.hpp>

#include <string>
#include <vector>

namespace espalier::compiler {

/// A broken rule in a graph: which, where (a path of value names), and a sentence with both numbers and the remedy.
struct verification_fault {
  std::string rule;
  std::string where;
  std::string message;
};

/// Every fault of a structured or expanded graph; empty when it is sound.
std::vector<verification_fault> verify(graph const& g);

/// Throws a `user_error` that lists every fault, if there is one.
void require_valid(graph const& g);

} // namespace espalier::compiler
