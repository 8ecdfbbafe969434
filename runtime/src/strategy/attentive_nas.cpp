#include "../sampled/accuracy_predictor.hpp"
#include "../sampled/select_path.hpp"
#include "sampling.hpp"

#include <espalier/runtime/random_stream.hpp>

namespace espalier::runtime {

namespace {

// What accuracies an earlier search measured tell of a path, or its loss.
path_estimator estimator_of(search_context const& context) {
  auto const& measured = context.options.predictor;
  if (measured.empty())
    return mini_batch_estimator();
  auto const predictor = std::make_shared<accuracy_predictor>(context.space.decisions);
  predictor->fit(measured, derive_seed(context.options.seed, "predictor"));
  return [predictor](sampling_step&, compiler::architecture const& a) { return (*predictor)(a); };
}

} // namespace

search_result search_attentive_nas(search_context const& context) {
  constexpr int middle_paths = 2;
  constexpr int candidates = 3;
  sampled_recipe recipe;
  recipe.epochs = 360;
  recipe.batch = 2048;
  recipe.learning_rate = 0.1;
  recipe.warm_up = 5. / 360;
  recipe.descent.nesterov = true;
  recipe.descent.weight_decay = 1e-5;
  recipe.descent.decays_vectors = false;
  recipe.descent.clip_value = 1;
  recipe.label_smoothing = 0.1;
  recipe.phases = {{1, attentive(context.space, context.options.attention.value_or(attention::best_up), middle_paths,
                                 candidates, estimator_of(context), {.dropout = 0.2, .drop_connect = 0.2})}};
  return select_by_evolution(context, train_supernet(context, recipe));
}

} // namespace espalier::runtime
