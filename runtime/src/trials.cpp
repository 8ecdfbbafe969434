#include "trials.hpp"

#include "study/run_study.hpp"

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

namespace espalier::runtime {

search_result run_trials(search_context const& context, strategy& proposer,
                         std::function<double(compiler::architecture const&)> const& evaluate, std::int64_t count) {
  study record{context.folder.file(study_name), context.space, context.folder.manifest(), context.options.seed};
  auto const found = run_study(record, proposer, evaluate, {count, context.options.duplicates}, context.report);
  if (!found.best)
    throw user_error(fmt::format("each of {} trials failed, with no memory or a score that is no number; use smaller "
                                 "limits or batches, and another output folder than {}",
                                 record.trials().size(), context.folder.path().string()));
  return {.best = *found.best, .score = found.score, .seconds = found.seconds};
}

} // namespace espalier::runtime
