#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_snas(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 150;
  recipe.is_single_level = true;
  recipe.mixing = hard_gumbel_mixing(linear_temperature(1, 0.03), true);
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
