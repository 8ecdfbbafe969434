#pragma once

#include <espalier/compiler/latency.hpp>
#include <espalier/compiler/operation_shapes.hpp>

namespace espalier::runtime {

/// Times an operation on one random example: after some runs unmeasured, at least `runs` of them, without gradients.
compiler::timing measure(compiler::operation_shape const& shape, int runs);

} // namespace espalier::runtime
