#pragma once

#include "../strategy/strategy.hpp"
#include "study.hpp"

#include <espalier/runtime/progress.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

namespace espalier::runtime {

/// How far a study is to go.
struct study_extent {
  std::int64_t trials = 0;
  bool duplicates = false; ///< Whether an architecture may be evaluated again.
};

/// What the finished trials of a study come to.
struct study_result {
  std::optional<compiler::architecture> best; ///< The first of the best; none where every trial failed.
  double score = -std::numeric_limits<double>::infinity();
  double seconds = 0; ///< Of all evaluations.
};

/// Lets a strategy propose and an evaluator score architectures until so many trials are finished, or the strategy has
/// nothing left. Each proposal and each score is in the study before the strategy goes on.
///
/// What the study holds is replayed: the strategy proposes it again, a `user_error` where that is something else, and
/// is told the recorded scores. Trials whose process died are evaluated here. Other processes may do the same at the
/// same time; this one ends when all trials are finished. An evaluation that gives no finite score, or finds no memory,
/// fails its trial alone; any other exception of it is passed on, and the trial is evaluated when the study is resumed.
study_result run_study(study& record, strategy& proposer,
                       std::function<double(compiler::architecture const&)> const& evaluate, study_extent extent,
                       progress& report);

} // namespace espalier::runtime
