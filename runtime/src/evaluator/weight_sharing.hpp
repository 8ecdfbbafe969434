#pragma once

#include "../search_context.hpp"

#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// Scores an architecture by its path through a trained supernet, after measuring the path's batch-normalization
/// statistics anew (Guo et al., ECCV 2020, section 3.2): those of the supernet belong to all paths at once.
class weight_sharing_evaluator {
public:
  /// Measures statistics on some of the images that train weights, and judges on some of the others; the seed says
  /// which.
  weight_sharing_evaluator(network& supernet, dataset const& weights_data, dataset const& architecture_data,
                           std::uint64_t seed);
  weight_sharing_evaluator(search_context const& context, network& supernet)
      : weight_sharing_evaluator(supernet, context.weights_data, context.architecture_data, context.options.seed) {}

  double operator()(compiler::architecture const& a);
  /// Replaces the statistics along the path by the path's own.
  void recalibrate(compiler::architecture const& a);

private:
  network& supernet_;
  batches calibration_;
  batches validation_;
};

} // namespace espalier::runtime
