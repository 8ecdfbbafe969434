#include <espalier/compiler/decisions.hpp>

#include "collect_decisions.hpp"

#include <algorithm>

namespace espalier::compiler {

decision_space::decision_space(graph const& expanded)
    : decisions_(collect_decisions(expanded)), groups_(collect_constraints(expanded, decisions_)),
      chains_(collect_chains(expanded, decisions_)) {
  finish();
}

int decision_space::find(std::string_view path) const {
  auto const found = std::ranges::find(decisions_, path, &decision::path);
  return found == decisions_.end() ? -1 : static_cast<int>(found - decisions_.begin());
}

} // namespace espalier::compiler
