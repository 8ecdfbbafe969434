#pragma once

#include "../search_context.hpp"

/// \file
/// Strategies that train a supernet on sampled paths and then select one of them. Each stands in a file of its own and
/// is a recipe of the parts in `sampled/`, with the defaults of its paper. Where its batch is larger than the one asked
/// for, the learning rate shrinks in proportion.

namespace espalier::runtime {

/// SPOS (Guo et al., ECCV 2020): one uniformly sampled path a step, or one of a bin of multiply-adds; a constrained
/// evolution selects.
search_result search_single_path(search_context const& context);

/// BigNAS (Yu et al., ECCV 2020): the sandwich rule with in-place distillation; coarse-to-fine selection. By stochastic
/// gradient descent, where the paper has RMSProp.
search_result search_big_nas(search_context const& context);

/// AttentiveNAS (Wang et al., CVPR 2021): a sandwich whose middle are the best or the worst of a few paths of one cost;
/// a constrained evolution selects.
search_result search_attentive_nas(search_context const& context);

/// Once-for-All (Cai et al., ICLR 2020): the largest network first, then progressive shrinking of kernels, depths and
/// widths, taught by it; a constrained evolution selects.
search_result search_once_for_all(search_context const& context);

/// ENAS (Pham et al., ICML 2018): a recurrent controller, which learns in turn with the weights, draws the paths; of
/// many drawn in the end the best on one mini-batch is selected.
search_result search_enas(search_context const& context);

} // namespace espalier::runtime
