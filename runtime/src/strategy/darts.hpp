#pragma once

#include "../search_context.hpp"

namespace espalier::runtime {

/// DARTS, first order (Liu, Simonyan, Yang, ICLR 2019, equation 7 with xi = 0): each step moves the architecture
/// parameters on a validation batch, then the weights on a training batch. Defaults are the paper's; the best epoch's
/// architecture is derived.
search_result search_darts(search_context const& context);

} // namespace espalier::runtime
