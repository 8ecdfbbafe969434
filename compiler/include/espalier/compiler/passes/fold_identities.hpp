#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Drops what computes nothing: an identity gives way to its operand, and a sum leaves out terms that are zeros.
///
/// Identities are a `skip_connect` or `shortcut` that keeps the shape, a join of one operand, a pooling window of one
/// pixel, one part of one, an `as_...` of the kind that is there already, a block that yields what it is given. Zeros
/// are what `none` gives, and what follows from zeros alone by operations that map 0 to 0: poolings, activations but
/// the sigmoid, convolutions and linear layers without bias (no normalization). The last term of a sum stays.
/// Where the shapes of a space are decided, what may change them stays.
/// A candidate of a choice stays itself; only what it holds is folded. For expanded graphs and networks.
graph fold_identities(graph const& g);

} // namespace espalier::compiler
