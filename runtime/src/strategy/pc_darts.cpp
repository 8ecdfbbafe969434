#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_pc_darts(search_context const& context) {
  relaxed_recipe recipe;
  recipe.channel_parts = 4;
  recipe.edges = edge_rule::normalized;
  recipe.warm_up = 15. / 50;
  recipe.batch = 256;
  recipe.learning_rate = 0.1;
  recipe.final_learning_rate = 0;
  recipe.architecture_learning_rate = 6e-4;
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
