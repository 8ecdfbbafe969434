#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

#include <cmath>

namespace espalier::runtime {

search_result search_fbnet(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 90;
  recipe.mixing = gumbel_softmax_mixing(exponential_temperature(5, std::pow(0.956, recipe.epochs)));
  recipe.batch = 192;
  recipe.learning_rate = 0.1;
  recipe.final_learning_rate = 0;
  recipe.weight_decay = 1e-4;
  recipe.architecture_learning_rate = 0.01;
  recipe.first_moment = 0.9;
  recipe.architecture_weight_decay = 5e-4;
  recipe.cost = cost_form::power;
  recipe.cost_weight = 0.2;
  recipe.needs_cost = true;
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
