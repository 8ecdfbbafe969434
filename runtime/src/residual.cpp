#include "residual.hpp"

#include <espalier/compiler/dataflow.hpp>

namespace espalier::runtime {

using compiler::operation;
using compiler::region;

namespace {

bool is_shortcut(operation const* op) {
  return op != nullptr && (op->is("skip_connect") || op->is("shortcut"));
}

} // namespace

std::optional<std::size_t> residual_branch(operation const& sum, region const& in) {
  if (sum.form() != compiler::structure::add || sum.operands.size() != 2)
    return {};
  for (std::size_t const branch : {std::size_t{1}, std::size_t{0}})
    if (auto const* const shortcut = in.definition_of(sum.operands[1 - branch]);
        is_shortcut(shortcut) && !is_shortcut(in.definition_of(sum.operands[branch])) &&
        compiler::is_computed_from(in, sum.operands[branch], shortcut->operands.front()))
      return branch;
  return {};
}

} // namespace espalier::runtime
