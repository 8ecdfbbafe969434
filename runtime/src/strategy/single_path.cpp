#include "single_path.hpp"

#include "../checkpoint.hpp"
#include "../evaluator/weight_sharing.hpp"
#include "../trials.hpp"
#include "../weight_training.hpp"
#include "constrained_evolution.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <torch/torch.h>

namespace espalier::runtime {

search_result search_single_path(search_context const& context) {
  auto const& space = context.space;
  auto const seed = context.options.seed;
  torch::manual_seed(derive_seed(seed, "initialization"));
  network supernet{space.expanded, space.decisions, network::affine::no};

  training_options training;
  training.epochs = or_default<std::int64_t>(context.options.epochs, 10);
  training.batch = context.options.batch;
  training.learning_rate = or_default(context.options.learning_rate, training.learning_rate);
  training.weight_decay = 4e-5;
  training.label_smoothing = 0.1;
  training.seed = seed;
  auto const sampled_path = [&](at::Tensor const& images, std::int64_t step) {
    compiler::random_generator random{derive_seed(seed, "path", static_cast<std::uint64_t>(step))};
    return supernet.forward(images, compiler::sample(space.decisions, random));
  };
  auto const seconds = train_weights(supernet, context.weights_data, normalization_of(context.weights_data), training,
                                     sampled_path, context.folder.file("checkpoint.pt"), context.report);

  constrained_evolution::parameters numbers;
  numbers.population = or_default(static_cast<std::size_t>(context.options.population), numbers.population);
  numbers.parents = std::max<std::size_t>(2, numbers.population / 5);
  constrained_evolution evolution{space.decisions, context.limit, derive_seed(seed, "evolution"), numbers};
  weight_sharing_evaluator evaluator{context, supernet};
  constexpr std::int64_t generations = 20;
  auto const trials =
      or_default<std::int64_t>(context.options.trials, generations * static_cast<std::int64_t>(numbers.population));
  auto result = run_trials(
      context, evolution, [&](auto const& a) { return evaluator(a); }, trials);

  evaluator.recalibrate(result.best);
  write_archive(context.folder.file("supernet.pt"),
                [&](torch::serialize::OutputArchive& archive) { supernet.save(archive); });
  result.seconds += seconds;
  result.has_weights = true;
  return result;
}

} // namespace espalier::runtime
