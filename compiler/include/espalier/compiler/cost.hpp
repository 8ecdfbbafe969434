#pragma once

#include <espalier/compiler/cost_sum.hpp>

namespace espalier::compiler {

/// Parameters and multiply-adds of every architecture of a space.
///
/// Convention: `params` counts trainable tensors of the stand-alone network (with the scale and shift of batch
/// normalization); `macs` counts convolutions and linear layers for one example.
using cost_model = cost_sum<operation_cost>;

/// The cost of a network without decisions.
operation_cost cost_of(graph const& network);

} // namespace espalier::compiler
