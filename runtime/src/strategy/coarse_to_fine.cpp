#include "coarse_to_fine.hpp"

#include <espalier/compiler/role_levels.hpp>

#include <algorithm>
#include <utility>

namespace espalier::runtime {

namespace {

using compiler::decision_role;
using compiler::role_levels;

// How many options the numbers of a role have, at most.
std::size_t options_of(compiler::decision_space const& space, std::vector<decision_role> const& roles,
                       decision_role role) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < space.size(); ++i)
    if (roles[i] == role)
      most = std::max(most, space[i].options.size());
  return most;
}

// Every combination of levels, each evenly spaced.
std::vector<role_levels> grid_of(compiler::decision_space const& space, std::vector<decision_role> const& roles,
                                 std::size_t levels) {
  std::vector<role_levels> grid{{}};
  for (auto const role : {decision_role::resolution, decision_role::depth, decision_role::width, decision_role::kernel,
                          decision_role::expansion}) {
    auto const count = std::min(levels, options_of(space, roles, role));
    if (count < 2)
      continue;
    std::vector<role_levels> finer;
    for (auto const& point : grid)
      for (std::size_t l = 0; l < count; ++l) {
        finer.push_back(point);
        finer.back()[role] = static_cast<double>(l) / static_cast<double>(count - 1);
      }
    grid = std::move(finer);
  }
  return grid;
}

} // namespace

coarse_to_fine::coarse_to_fine(compiler::compiled_space const& space, compiler::constraint limit, std::uint64_t seed,
                               parameters numbers)
    : space_(space.decisions), roles_(compiler::roles_of(space.expanded, space.decisions)), random_(seed),
      numbers_(numbers), best_(numbers.parents), generation_(std::move(limit)) {}

compiler::architecture coarse_to_fine::propose() {
  if (generation_.is_spent()) {
    generation_.clear();
    if (generation_.is_first())
      propose_grid();
    breed();
  }
  return generation_.next();
}

void coarse_to_fine::observe(compiler::architecture const& a, double score) {
  best_.observe(a, score);
}

// In random order, so that a search that ends early has seen something of all sides.
void coarse_to_fine::propose_grid() {
  auto grid = grid_of(space_, roles_, numbers_.levels);
  for (auto left = grid.size(); left > 0 && generation_.size() < numbers_.grid; --left) {
    std::swap(grid[left - 1], grid[random_.below(static_cast<std::uint32_t>(left))]);
    generation_.add(compiler::at_levels(space_, roles_, grid[left - 1], random_));
  }
}

void coarse_to_fine::breed() {
  auto const size = numbers_.population;
  auto const tries = 10 * size;
  if (!best_.is_empty())
    generation_.fill(size, tries, [&] {
      return compiler::mutate(space_, best_.random_member(random_), random_, numbers_.mutation);
    });
  generation_.fill_up(size, 100 * tries, space_, random_);
}

} // namespace espalier::runtime
