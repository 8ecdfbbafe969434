#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

#include <fmt/format.h>

namespace espalier::runtime {

/// Calls `visit(region, module)` for each region that the module of an operation holds, and those of a choice's
/// candidates, whose modules are called after the choice.
template <class Visit>
void visit_held_regions(compiler::operation const& op, std::string const& module, Visit const& visit) {
  if (op.form() != compiler::structure::choice) {
    for (auto const& held : op.regions)
      visit(held, module);
    return;
  }
  auto const names = compiler::candidate_names(op);
  for (std::size_t c = 0; c < op.regions.size(); ++c)
    visit_held_regions(op.regions[c].operations.front(), fmt::format("{}_{}", module, names[c]), visit);
}

} // namespace espalier::runtime
