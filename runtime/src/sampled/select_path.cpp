#include "select_path.hpp"

#include "../checkpoint.hpp"
#include "../evaluator/weight_sharing.hpp"
#include "../trials.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <torch/torch.h>

namespace espalier::runtime {

search_result select_path(search_context const& context, trained_supernet const& trained, strategy& proposer,
                          std::int64_t trials) {
  weight_sharing_evaluator evaluator{context, *trained.supernet};
  auto result = run_trials(
      context, proposer, [&](auto const& a) { return evaluator(a); }, or_default(context.options.trials, trials));
  evaluator.recalibrate(result.best);
  write_archive(context.folder.file("supernet.pt"),
                [&](torch::serialize::OutputArchive& archive) { trained.supernet->save(archive); });
  result.seconds += trained.seconds;
  result.rollbacks = trained.rollbacks;
  result.has_weights = true;
  return result;
}

search_result select_by_evolution(search_context const& context, trained_supernet const& trained) {
  constexpr std::int64_t generations = 20;
  auto const numbers = constrained_evolution::parameters::of(context.options);
  constrained_evolution evolution{context.space.decisions, context.limit,
                                  derive_seed(context.options.seed, "evolution"), numbers};
  return select_path(context, trained, evolution, generations * static_cast<std::int64_t>(numbers.population));
}

} // namespace espalier::runtime
