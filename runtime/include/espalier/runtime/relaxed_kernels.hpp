#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/kernel_library.hpp>
#include <espalier/runtime/progress.hpp>

#include <memory>

namespace espalier::runtime {

/// Kernels for the relaxed sums of an expanded graph, compiled for this machine unless they are known. Where that
/// fails, says why, and gives none: networks then compute their sums one operation after another, to the same result.
/// None, too, where it has no such sum, or the environment sets `ESPALIER_KERNELS` to 0.
std::shared_ptr<compiler::kernel_library const> kernels_for(compiler::graph const& expanded, progress& report);

} // namespace espalier::runtime
