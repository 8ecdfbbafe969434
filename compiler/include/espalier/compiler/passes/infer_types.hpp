#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// Records the type of every value of an expanded graph or network, from the input on, and replaces what operations
/// inherit (`same`, `edge`, `depthwise`) by numbers. An operand of another kind than an operation reads gets its
/// `as_...`. A broken rule of the language is a `user_error`.
graph infer_types(graph const& g);

} // namespace espalier::compiler
