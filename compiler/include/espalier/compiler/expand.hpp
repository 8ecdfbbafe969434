#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Unrolls repeats, expands cells and infers every type.
///
/// A cell becomes a block of two operands: each input through ReLU, 1x1 convolution (factorized reduction where the
/// older input is twice as large) and batch normalization; then, for each node, one `choice` an edge and a `select` of
/// `keep` of them; then `concat`. Where a cell keeps fewer edges than there are, or any number below all, `none` is no
/// option of an architecture (DARTS). Every decision gets its path as label: `normal/node0/edge1`, `repeat0/2/choice0`.
/// Breaking a rule is a `user_error`.
graph expand(graph const& structured);

/// What keeps a graph from being expanded, as a sentence; empty where nothing does. Numbers that are decisions and most
/// of the language's structures beyond DARTS' cells are counted, checked and printed, but no network is built of them.
std::string obstacle(graph const& structured);

} // namespace espalier::compiler
