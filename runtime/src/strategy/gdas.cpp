#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_gdas(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 250;
  recipe.mixing = hard_gumbel_mixing(linear_temperature(10, 0.1), false);
  recipe.nesterov = true;
  recipe.weight_decay = 5e-4;
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
