#pragma once

#include "recipe.hpp"

namespace espalier::runtime {

/// A part of a search that begins with new weights and parameters.
struct relaxed_stage {
  int number = 0;
  kept_candidates kept = {};
  bool leaves_supernet = true; ///< Whether `supernet.pt` is written at its end.
};

/// What a stage ends with.
struct relaxed_outcome {
  search_result result;
  relaxation probabilities; ///< Behind its last epoch.
};

/// Trains a supernet of all candidates and architecture parameters in turn, each on its half of the data, and derives
/// the architecture of the epoch of best validation accuracy. Resumes from the stage's own checkpoint, and writes
/// `epochs.json`.
relaxed_outcome run_stage(search_context const& context, relaxed_recipe const& recipe, relaxed_stage const& stage = {});

/// A search of one stage.
search_result search_relaxed(search_context const& context, relaxed_recipe const& recipe);

} // namespace espalier::runtime
