#pragma once

#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// The architecture that relaxed weights mean (DARTS, section 2.4): of each choice the strongest option (`none` is none
/// where a cell keeps edges), of each subset the edges whose strongest option weighs most. Of numbers that a
/// constraint couples, the allowed combination whose weights have the largest product. The lower index wins a tie.
compiler::architecture derive(compiler::decision_space const& space, relaxation const& weights);

} // namespace espalier::runtime
