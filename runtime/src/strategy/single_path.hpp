#pragma once

#include "../search_context.hpp"

namespace espalier::runtime {

/// SPOS (Guo et al., ECCV 2020): a supernet is trained on one uniformly sampled path a step, then a constrained
/// evolution ranks its paths.
search_result search_single_path(search_context const& context);

} // namespace espalier::runtime
