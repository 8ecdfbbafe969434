#pragma once

#include "../search_context.hpp"

#include <espalier/compiler/cost_conditional.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/network.hpp>

#include <functional>
#include <vector>

namespace espalier::runtime {

/// What a path learns from.
enum class teacher : std::uint8_t {
  labels,
  largest,      ///< What the first path of the step made of the images, behind a softmax: no gradient goes there.
  full_network, ///< Labels, and what the largest network as it was when it had been trained alone makes of the images.
};

/// A path of a step.
struct lesson {
  compiler::architecture path;
  teacher by = teacher::labels;
  path_noise noise = {};
};

/// What a sampler may look at.
struct sampling_step {
  std::int64_t number; ///< Of all steps.
  batch const& seen;
  network& supernet;
  compiler::random_generator random; ///< Of this step.
};

/// The paths of a step, the first one of which teaches others.
using path_sampler = std::function<std::vector<lesson>(sampling_step&)>;

/// Always the same path.
path_sampler sole_path(compiler::architecture path);

/// One path, uniform over architectures (SPOS; Guo et al., ECCV 2020, section 3.2).
path_sampler uniform_path(compiler::decision_space const& space);

/// One path, uniform among those of a bin of multiply-adds, which is uniform among the bins of an interval (SPOS'
/// released code); any path where 500 draws find none.
path_sampler binned_path(compiler::compiled_space const& space, macs_bins const& bins);

/// The largest, which learns from labels under noise, the smallest and some random paths, which learn from the largest:
/// sandwich rule and in-place distillation (BigNAS; Yu et al., ECCV 2020, section 3.1).
path_sampler sandwich(compiler::compiled_space const& space, int random_paths, path_noise const& of_largest);

/// Tells how good a path is in a step: larger is better.
using path_estimator = std::function<double(sampling_step&, compiler::architecture const&)>;

/// The negative loss on the step's images.
path_estimator mini_batch_estimator();

/// A sandwich whose paths in the middle are chosen among `candidates` of one drawn number of multiply-adds: the best,
/// the worst or any (AttentiveNAS; Wang et al., CVPR 2021, section 3.3).
path_sampler attentive(compiler::compiled_space const& space, attention kind, int middle_paths, int candidates,
                       path_estimator estimator, path_noise const& of_largest);

/// How far progressive shrinking has come: how many of the largest options of a decision are drawn.
struct shrunk_options {
  int kernel = 1;
  int depth = 1;
  int expansion = 1; ///< Of widths, too.
};

/// So many paths, uniform at each decision among the largest of its options (Once-for-All; Cai et al., ICLR 2020,
/// section 3.3). Decisions that are no kernel, depth, expansion or width are free.
path_sampler shrunk_paths(compiler::compiled_space const& space, shrunk_options const& options, int count);

/// The architectures of most and of fewest multiply-adds.
compiler::architecture largest_of(compiler::compiled_space const& space);
compiler::architecture smallest_of(compiler::compiled_space const& space);

} // namespace espalier::runtime
