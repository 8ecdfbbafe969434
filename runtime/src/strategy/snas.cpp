#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_snas(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 150;
  recipe.is_single_level = true;
  recipe.mixing = hard_gumbel_mixing(exponential_temperature(2.5, 0.03 / 2.5), true);
  recipe.final_learning_rate = 0;
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
