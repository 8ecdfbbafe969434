#include "decision_order.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

using compiler::decision_space;

// The `select` of a decision, or nullptr.
compiler::operation const* select_of(compiler::region const& in, std::string_view path) {
  for (auto const& op : in.operations) {
    if (op.form() == compiler::structure::select && op.label == path)
      return &op;
    for (auto const& held : op.regions)
      if (auto const* const found = select_of(held, path))
        return found;
  }
  return nullptr;
}

// For each option the decisions of the layer that it stands for, where a subset is `CHAIN/LAYER/inputs`.
std::vector<std::vector<std::size_t>> layers_read(compiler::compiled_space const& space, std::size_t decision) {
  auto const& d = space.decisions[decision];
  constexpr std::string_view ending = "/inputs";
  if (d.type != compiler::decision::kind::subset || !d.path.ends_with(ending))
    return {};
  auto const layer_path = std::string_view{d.path}.substr(0, d.path.size() - ending.size());
  auto const slash = layer_path.rfind('/');
  if (slash == std::string_view::npos)
    return {};
  auto const number = layer_path.substr(slash + 1);
  int layer = 0;
  if (auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), layer);
      error != std::errc{} || end != number.data() + number.size())
    return {};
  auto const* const op = select_of(space.expanded.body, d.path);
  if (op == nullptr)
    return {};
  // The input of the chain is its first operand, and no option where it is read only in the absence of layers.
  auto const first = op->attribute("otherwise") == 1 ? 0 : 1;
  std::vector<std::vector<std::size_t>> layers(d.options.size());
  for (std::size_t o = 0; o < layers.size(); ++o) {
    auto const prefix = fmt::format("{}/{}/", layer_path.substr(0, slash), static_cast<int>(o) - first);
    for (std::size_t i = 0; i < space.decisions.size(); ++i)
      if (space.decisions[i].path.starts_with(prefix))
        layers[o].push_back(i);
  }
  return layers;
}

} // namespace

std::vector<decision_step> order_of_decisions(compiler::compiled_space const& space) {
  auto const& decisions = space.decisions;
  constexpr auto not_yet = ~std::size_t{0};
  std::vector<std::vector<std::vector<std::size_t>>> read;
  for (std::size_t i = 0; i < decisions.size(); ++i)
    read.push_back(layers_read(space, i));
  std::vector<std::size_t> step_of(decisions.size(), not_yet);
  auto const is_made = [&](std::size_t i) { return step_of[i] != not_yet; };
  auto const is_ready = [&](std::size_t i) {
    auto const& d = decisions[i];
    return !is_made(i) && (d.parent < 0 || is_made(static_cast<std::size_t>(d.parent))) &&
           std::ranges::all_of(read[i], [&](auto const& layer) { return std::ranges::all_of(layer, is_made); });
  };
  std::vector<decision_step> steps;
  while (steps.size() < decisions.size()) {
    std::size_t next = 0;
    while (next < decisions.size() && !is_ready(next))
      ++next;
    if (next == decisions.size())
      throw internal_error(fmt::format("the decisions of '{}' wait for each other", space.structured.name));
    decision_step made{next};
    for (auto const& layer : read[next]) {
      auto const last = std::ranges::max_element(layer, {}, [&](std::size_t i) { return step_of[i]; });
      made.anchors.push_back(last == layer.end() ? std::nullopt : std::optional{step_of[*last]});
    }
    step_of[next] = steps.size();
    steps.push_back(std::move(made));
  }
  return steps;
}

} // namespace espalier::runtime
