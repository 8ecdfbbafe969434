#include "../sampled/channel_order.hpp"
#include "../sampled/select_path.hpp"
#include "sampling.hpp"

#include <limits>

namespace espalier::runtime {

search_result search_once_for_all(search_context const& context) {
  constexpr int all = std::numeric_limits<int>::max();
  auto const& space = context.space;
  auto const sort = [&space](network& supernet) { sort_inner_channels(space.expanded, supernet); };
  sampled_recipe recipe;
  recipe.epochs = 590;
  recipe.batch = 2048;
  recipe.learning_rate = 2.6;
  recipe.descent.nesterov = true;
  recipe.descent.weight_decay = 3e-5;
  recipe.descent.decays_vectors = false;
  recipe.label_smoothing = 0.1;
  recipe.smaller_kernels = network::windows::transformed;
  // The epochs and learning rates of the released code: the full network, kernels, depths, expansions.
  recipe.phases = {
      {180, sole_path(largest_of(space))},
      {120, shrunk_paths(space, {.kernel = all}, 1), 0.96 / 2.6},
      {25, shrunk_paths(space, {.kernel = all, .depth = 2}, 2), 0.08 / 2.6},
      {120, shrunk_paths(space, {.kernel = all, .depth = all}, 2), 0.24 / 2.6},
      {25, shrunk_paths(space, {.kernel = all, .depth = all, .expansion = 2}, 4), 0.08 / 2.6, sort},
      {120, shrunk_paths(space, {.kernel = all, .depth = all, .expansion = all}, 4), 0.24 / 2.6, sort},
  };
  return select_by_evolution(context, train_supernet(context, recipe));
}

} // namespace espalier::runtime
