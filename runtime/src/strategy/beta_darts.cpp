#include "relaxing.hpp"

#include "../relaxed/beta_decay.hpp"
#include "../relaxed/relaxed_search.hpp"

#include <torch/torch.h>

namespace espalier::runtime {

search_result search_beta_darts(search_context const& context) {
  constexpr double final_weight = 50;
  relaxed_recipe recipe;
  recipe.regularizer = [](std::vector<at::Tensor> const& alphas, double progress) {
    return final_weight * progress * beta_decay(alphas);
  };
  return search_relaxed(context, recipe);
}

} // namespace espalier::runtime
