#pragma once

#include <espalier/compiler/cost.hpp>

#include <optional>

namespace espalier::compiler {

/// What a space says of itself as it is declared, before any network of it is built: the language's own facts.
struct declared_facts {
  cardinality architectures; ///< Exactly; budgets are not counted.
  long long decisions = 0;   ///< That exist in some architecture.
  /// The exact least and greatest cost; nothing where shapes depend on decisions that no bound settles.
  struct extremes {
    std::optional<long long> least;
    std::optional<long long> greatest;
  };
  extremes params;
  extremes macs;
  tensor_type output{}; ///< At the smallest end of its decisions.
};

/// The facts of a valid structured graph.
declared_facts facts_of(graph const& structured);

} // namespace espalier::compiler
