#include "../sampled/select_path.hpp"
#include "coarse_to_fine.hpp"
#include "sampling.hpp"

#include <espalier/runtime/random_stream.hpp>

namespace espalier::runtime {

search_result search_big_nas(search_context const& context) {
  sampled_recipe recipe;
  recipe.epochs = 360;
  recipe.batch = 4096;
  recipe.learning_rate = 0.256;
  recipe.decay = rate_decay::exponential;
  recipe.descent.nesterov = true;
  recipe.descent.weight_decay = 1e-5; // all weights are the largest path's
  recipe.descent.clip_value = 1;
  recipe.label_smoothing = 0.1;
  recipe.begins_as_shortcuts = true;
  recipe.phases = {{1, sandwich(context.space, 2, {.dropout = 0.2, .drop_connect = 0.2})}};
  auto const trained = train_supernet(context, recipe);

  coarse_to_fine::parameters numbers;
  numbers.population = or_default(static_cast<std::size_t>(context.options.population), numbers.population);
  coarse_to_fine selection{context.space, context.limit, derive_seed(context.options.seed, "selection"), numbers};
  return select_path(context, trained, selection, 500);
}

} // namespace espalier::runtime
