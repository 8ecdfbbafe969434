#pragma once

#include <espalier/compiler/graph.hpp>

#include <optional>

namespace espalier::runtime {

/// The operand of a sum of two that another way passes by: a shortcut that reads what the operand, too, is computed
/// from. Nothing where the sum is no residual one.
std::optional<std::size_t> residual_branch(compiler::operation const& sum, compiler::region const& in);

} // namespace espalier::runtime
