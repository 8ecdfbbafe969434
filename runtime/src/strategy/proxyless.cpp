#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_proxyless(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 160;
  recipe.warm_up = 40. / 160;
  recipe.batch = 256;
  recipe.final_learning_rate = 0;
  recipe.nesterov = true;
  recipe.weight_decay = 4e-5;
  recipe.label_smoothing = 0.1;
  recipe.architecture_learning_rate = 1e-3;
  recipe.first_moment = 0; // a momentum would move parameters that were not drawn
  recipe.architecture_weight_decay = 0;
  recipe.architecture_every = 5;
  recipe.mixing = binary_gate_mixing();
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
