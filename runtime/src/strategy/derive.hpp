#pragma once

#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// The architecture that relaxed weights mean (DARTS, section 2.4): of each choice the strongest option (`none` is none
/// where a cell keeps edges), of each subset the edges whose strongest option weighs most; where edges have weights of
/// their own, by the product (PC-DARTS, section 3.2). Of a subset that choices do not weigh, what weighs more than a
/// half, within its limits. Of numbers that a constraint couples, the allowed combination whose weights have the
/// largest product. The lower index wins a tie.
compiler::architecture derive(compiler::decision_space const& space, relaxation const& weights);

/// Whether choices hang on every option of a subset, so that their weights tell how strong it is.
bool is_weighed_by_choices(compiler::decision_space const& space, compiler::decision const& subset);

} // namespace espalier::runtime
