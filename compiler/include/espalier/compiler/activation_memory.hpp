#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// The peak of the bytes that values take at once while a network without decisions computes one example, operation by
/// operation in the order of the program.
///
/// Convention: a number takes 4 bytes (float32), the id of a word 8. Every operation, also one that changes nothing,
/// writes a result of its own; its operands and its result are alive together, and a value dies behind its last reader.
/// What a block computes inside counts on top of what is alive outside, its operands among that. A recurrence keeps all
/// its states and, in the end, the sequence that they make. What an operation needs while it runs is left out.
long long activation_memory(graph const& network);

/// The bytes of a network's parameters, as `cost_of` counts them, in float32, and of that peak.
long long inference_memory(graph const& network);

} // namespace espalier::compiler
