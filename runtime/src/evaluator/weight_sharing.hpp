#pragma once

#include "../search_context.hpp"

#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// Scores an architecture by its path through a trained supernet, after measuring the path's batch-normalization
/// statistics anew (Guo et al., ECCV 2020, section 3.2): those of the supernet belong to all paths at once.
class weight_sharing_evaluator {
public:
  weight_sharing_evaluator(search_context const& context, network& supernet);

  double operator()(compiler::architecture const& a);
  /// Replaces the statistics along the path by the path's own.
  void recalibrate(compiler::architecture const& a);

private:
  network& supernet_;
  batches calibration_;
  batches validation_;
};

} // namespace espalier::runtime
