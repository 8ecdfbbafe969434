#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weight_change.hpp>

namespace espalier::compiler {

/// Folds each batch normalization into the convolution, transposed convolution or linear layer that only it reads, or
/// into all of them whose concatenation it reads; they get a bias. A factorized reduction or a shortcut to other
/// channels is written as the convolutions it stands for. `weights` is told how. Equal in evaluation mode alone: what
/// is folded cannot be trained further. For networks.
graph fold_batch_norms(graph const& network, weight_change& weights);

} // namespace espalier::compiler
