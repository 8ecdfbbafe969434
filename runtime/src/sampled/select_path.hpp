#pragma once

#include "../strategy/constrained_evolution.hpp"
#include "sampled_training.hpp"

namespace espalier::runtime {

/// Of a trained supernet the path that looks best on the other half of the images, with statistics of its own, as the
/// strategy proposes paths; so many `trials`, unless the options say otherwise. Leaves `supernet.pt`, whose statistics
/// are that path's.
search_result select_path(search_context const& context, trained_supernet const& trained, strategy& proposer,
                          std::int64_t trials);

/// The same by the constrained evolution of SPOS, 20 generations.
search_result select_by_evolution(search_context const& context, trained_supernet const& trained);

} // namespace espalier::runtime
