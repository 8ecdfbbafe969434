#include "../sampled/select_path.hpp"
#include "sampling.hpp"

namespace espalier::runtime {

search_result search_single_path(search_context const& context) {
  sampled_recipe recipe;
  recipe.epochs = 120;
  recipe.batch = 1024;
  recipe.learning_rate = 0.5;
  recipe.decay = rate_decay::linear;
  recipe.descent.weight_decay = 4e-5;
  recipe.descent.clip_norm = 5;
  recipe.label_smoothing = 0.1;
  recipe.norms = network::affine::no;
  auto const& bins = context.options.macs_bins;
  recipe.phases = {{1, bins ? binned_path(context.space, *bins) : uniform_path(context.space.decisions)}};
  return select_by_evolution(context, train_supernet(context, recipe));
}

} // namespace espalier::runtime
