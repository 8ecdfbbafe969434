#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// The supernet of a space: repeats unrolled, cells and other graphs as operations one after another, every decision
/// named by its path (`normal/node0/edge1`, `repeat0/2/conv0/kernel`), every type known at its widest.
///
/// | structure | becomes |
/// |---|---|
/// | `repeat` of a decided count | a `pick` among the values after each repetition |
/// | `cell` | a block: each input through ReLU, 1x1 convolution (factorized reduction where it is twice as large) and
/// batch normalization; a `choice` an edge; a node is a `select` of its edges, or a sum of `pick`s among them | |
/// `any_of`, `skip_chain` | `select` | | `branches` | `add`, `concat` | | `wiring` | a block of nodes; of a decided
/// seed, a `pick` among one for each seed | | `recurrent_cell` | a `recurrence` whose region makes the next state | |
/// `graph_cell` | the same with a region for each vertex: its widths depend on all its edges | |
/// `layer_chain` | a `chain`: a region for each layer and position, and which layer may follow which as transitions |
///
/// Where a cell keeps some of its edges, `none` is no option of an architecture (DARTS): its choices say `weak_none`.
/// Where neighbours differ in the kind of tensor, an adapter stands between them. Breaking a rule is a `user_error`.
graph expand(graph const& structured);

} // namespace espalier::compiler
