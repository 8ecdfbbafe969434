#include "encoding.hpp"

#include <algorithm>
#include <utility>

namespace espalier::runtime {

encoding encoding::one_hot(compiler::decision_space const& space) {
  return {space, {}};
}

encoding encoding::paths(compiler::compiled_space const& space) {
  std::vector<cell_paths> cells;
  for (auto& plan : cells_of(space))
    cells.emplace_back(space.decisions, std::move(plan));
  return {space.decisions, std::move(cells)};
}

encoding::encoding(compiler::decision_space const& space, std::vector<cell_paths> cells)
    : space_(&space), cells_(std::move(cells)) {
  for (auto const& cell : cells_)
    size_ += cell.size();
  for (std::size_t i = 0; i < space.size(); ++i)
    if (std::ranges::none_of(cells_, [&](cell_paths const& cell) { return cell.plan().has(i); })) {
      decisions_.push_back(i);
      size_ += space[i].options.size();
    }
}

feature_set encoding::operator()(compiler::architecture const& a) const {
  feature_set features{size_};
  auto const active = compiler::active_decisions(*space_, a);
  std::size_t first = 0;
  for (auto const& cell : cells_) {
    for (auto const path : cell(a, active))
      features.insert(first + path);
    first += cell.size();
  }
  for (auto const i : decisions_) {
    auto const& d = (*space_)[i];
    for (std::size_t o = 0; active[i] && o < d.options.size(); ++o)
      if (compiler::takes(d, a.values[i], o))
        features.insert(first + o);
    first += d.options.size();
  }
  return features;
}

} // namespace espalier::runtime
