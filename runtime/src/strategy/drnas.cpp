#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_drnas(search_context const& context) {
  relaxed_recipe recipe;
  recipe.mixing = dirichlet_mixing();
  recipe.warm_up = 10. / 25;
  recipe.learning_rate = 0.1;
  recipe.final_learning_rate = 0;
  recipe.architecture_learning_rate = 6e-4;
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
