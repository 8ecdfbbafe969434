#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"
#include "../relaxed/skips.hpp"
#include "derive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using compiler::compiled_space;

constexpr int stages = 3;
constexpr int added_repeats = 2; // in each stage, to each `repeat` of cells
constexpr int most_skips = 2;
constexpr std::array<double, stages> kept_share{1, 5. / 8, 3. / 8};
constexpr std::array<double, stages> skip_dropout{0.1, 0.4, 0.7};
constexpr double warm_up = 10. / 25;

bool holds_cells(compiler::operation const& repeat) {
  return std::ranges::any_of(repeat.regions.front().operations,
                             [](compiler::operation const& op) { return op.form() == compiler::structure::cell; });
}

// The space with more cells where that leaves the decisions as they are.
std::unique_ptr<compiled_space> deeper(compiled_space const& space, int more) {
  auto structured = space.structured;
  bool grows = false;
  for (auto& op : structured.body.operations)
    if (op.form() == compiler::structure::repeat && op.decided.empty() && holds_cells(op)) {
      op.set_attribute("count", op.attribute("count") + more);
      grows = true;
    }
  if (!grows || more == 0)
    return nullptr;
  auto made = std::make_unique<compiled_space>(std::move(structured));
  return made->decisions.fingerprint() == space.decisions.fingerprint() ? std::move(made) : nullptr;
}

// Of each choice the most probable candidates, that many of all.
kept_candidates strongest(compiled_space const& space, relaxation const& probabilities, double share) {
  auto const counts = candidate_counts(space.expanded, space.decisions);
  kept_candidates kept(space.decisions.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (counts[i] == 0)
      continue;
    auto const w = probabilities.weights[i].detach().to(torch::kFloat64).contiguous();
    auto const at_least = std::min<std::int64_t>(2, counts[i]);
    auto const count = std::max<std::int64_t>(at_least, std::llround(share * static_cast<double>(counts[i])));
    kept[i].resize(static_cast<std::size_t>(counts[i]));
    std::iota(kept[i].begin(), kept[i].end(), 0);
    std::ranges::stable_sort(kept[i], [&](int a, int b) { return w.data_ptr<double>()[a] > w.data_ptr<double>()[b]; });
    kept[i].resize(static_cast<std::size_t>(count));
    std::ranges::sort(kept[i]);
  }
  return kept;
}

// As released: falling along a line while weights alone are trained, then by a fifth in an epoch of 25.
std::function<double(double)> falling(double rate) {
  return [rate](double progress) {
    return progress < warm_up ? rate * (1 - progress) : rate * std::exp(-0.2 * 25 * (progress - warm_up));
  };
}

} // namespace

search_result search_p_darts(search_context const& context) {
  relaxed_recipe recipe;
  recipe.epochs = 25;
  recipe.warm_up = warm_up;
  recipe.batch = 96;
  recipe.final_learning_rate = 0;
  recipe.architecture_learning_rate = 6e-4;
  auto options = context.options;
  options.epochs = (options.epochs + stages - 1) / stages;

  kept_candidates kept;
  search_result result;
  double seconds = 0;
  for (int stage = 0; stage < stages; ++stage) {
    auto const s = static_cast<std::size_t>(stage);
    auto const grown = deeper(context.space, stage * added_repeats);
    auto const& space = grown ? *grown : context.space;
    search_context const own{space,          context.weights_data, context.architecture_data, options, context.limit,
                             context.folder, context.report};
    skip_connections const skips{space};
    recipe.skip_dropout = falling(skip_dropout[s]);
    if (stage == stages - 1)
      recipe.derive = [&](relaxation const& probabilities) { return skips.derive(probabilities, most_skips); };
    auto ended = run_stage(own, recipe, {stage, kept, stage == stages - 1 && !grown});
    if (stage < stages - 1)
      kept = strongest(space, ended.probabilities, kept_share[s + 1]);
    result = std::move(ended.result);
    seconds += result.seconds;
  }
  result.seconds = seconds;
  return result;
}

} // namespace espalier::runtime
