#pragma once

#include "../search_context.hpp"

/// \file
/// Strategies that relax decisions into weights and descend their gradient. Each stands in a file of its own and is a
/// recipe of the parts in `relaxed/`, with the defaults of its paper. Where a paper trains weights alone at first, the
/// share of its epochs is kept; where its batch is larger than the one asked for, the learning rate shrinks in
/// proportion.

namespace espalier::runtime {

/// DARTS (Liu, Simonyan, Yang, ICLR 2019): softmax over candidates; the architecture gradient of first order (equation
/// 7 with xi = 0), or of second order where asked for.
search_result search_darts(search_context const& context);

/// PC-DARTS (Xu et al., ICLR 2020): a quarter of the channels is mixed, edges are normalized; the first 15 of 50 epochs
/// train weights only.
search_result search_pc_darts(search_context const& context);

/// beta-DARTS (Ye et al., CVPR 2022): DARTS with the regularizer `beta_decay`, whose weight rises from 0 to 50.
search_result search_beta_darts(search_context const& context);

/// GDAS (Dong and Yang, CVPR 2019): one candidate of each choice runs, a Gumbel-softmax sample of falling temperature.
search_result search_gdas(search_context const& context);

/// ProxylessNAS (Cai, Zhu, Han, ICLR 2019): binary gates, of which two are looked at in a step of the architecture
/// parameters, behind every fifth step of the weights; 40 of 160 epochs train weights only.
search_result search_proxyless(search_context const& context);

/// FBNet (Wu et al., CVPR 2019): Gumbel-softmax of falling temperature, the loss times a power of the logarithm of the
/// expected cost: multiply-adds, unless another one is asked for.
search_result search_fbnet(search_context const& context);

/// P-DARTS (Chen et al., ICCV 2019): three stages of more cells and fewer candidates (8, 5, 3 of 8), with dropout
/// behind skip connections, of which a cell keeps two at most. A `repeat` of cells grows by two in each stage; a space
/// without one keeps its depth. The epochs are those of all stages together.
search_result search_p_darts(search_context const& context);

/// DrNAS (Chen et al., ICLR 2021), without its growth in stages: Dirichlet samples, whose concentrations a weight decay
/// draws to 1.
search_result search_drnas(search_context const& context);

/// SNAS (Xie et al., ICLR 2019): Gumbel-softmax samples of falling temperature with the straight-through gradient;
/// weights and architecture parameters step together on the same images.
search_result search_snas(search_context const& context);

} // namespace espalier::runtime
