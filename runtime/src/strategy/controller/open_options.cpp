#include "open_options.hpp"

#include <espalier/compiler/decision_roles.hpp>

#include <algorithm>
#include <bit>

namespace espalier::runtime {

using compiler::architecture;

open_options::open_options(compiler::compiled_space const& space, std::span<std::size_t const> order)
    : space_(space.decisions), rules_(space_.size()) {
  std::vector<std::size_t> place(space_.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    place[order[i]] = i;
  for (auto const& group : space_.groups())
    for (std::size_t column = 0; column < group.decisions.size(); ++column) {
      auto const decision = static_cast<std::size_t>(group.decisions[column]);
      auto& r = rules_[decision];
      r.group = &group;
      r.column = column;
      for (std::size_t other = 0; other < group.decisions.size(); ++other)
        if (place[static_cast<std::size_t>(group.decisions[other])] < place[decision])
          r.before.push_back(other);
    }
  for (auto const& chain : space_.chains())
    for (std::size_t layer = 0; layer < chain.decisions.size(); ++layer) {
      auto& r = rules_[static_cast<std::size_t>(chain.decisions[layer])];
      r.chain = &chain;
      r.layer = layer;
    }
  auto const roles = compiler::roles_of(space.expanded, space_);
  for (std::size_t i = 0; i < space_.size(); ++i)
    rules_[i].is_depth = roles[i] == compiler::decision_role::depth && !space_[i].numbers.empty();
}

bool open_options::is_free(std::size_t decision, depth_limit depth) const {
  auto const& r = rules_[decision];
  return r.group == nullptr && r.chain == nullptr && (!r.is_depth || depth == any_depth);
}

void open_options::of_choice(std::size_t decision, architecture const& a, depth_limit depth,
                             std::span<float> open) const {
  auto const& r = rules_[decision];
  std::ranges::fill(open, r.group == nullptr ? 1.F : 0.F);
  if (r.group != nullptr)
    for (auto const& row : r.group->allowed)
      if (is_left(r, row, a))
        open[row[r.column]] = 1;
  if (r.chain != nullptr) {
    auto const& next = r.chain->next[r.layer][state_of(r, a)];
    for (std::size_t value = 0; value < open.size(); ++value)
      open[value] = next[value] >= 0 && (value == 0 || static_cast<int>(r.layer) < depth) ? 1.F : 0.F;
  }
  if (!r.is_depth)
    return;
  auto const& numbers = space_[decision].numbers;
  auto const is_deep = [&](std::size_t o) { return numbers[o] > depth; };
  bool is_any_left = false;
  for (std::size_t o = 0; o < open.size(); ++o)
    is_any_left = is_any_left || (open[o] > 0 && !is_deep(o));
  for (std::size_t o = 0; o < open.size() && is_any_left; ++o)
    if (is_deep(o))
      open[o] = 0;
}

open_options::membership open_options::of_member(std::size_t decision, architecture const& a, std::uint32_t members,
                                                 std::size_t option) const {
  auto const& d = space_[decision];
  auto const& r = rules_[decision];
  if (r.group == nullptr) {
    auto const count = std::popcount(members);
    auto const behind = static_cast<int>(d.options.size() - option) - 1;
    return {.out = count + behind >= d.least, .in = count < d.most};
  }
  auto const bit = std::uint32_t{1} << option;
  membership found{false, false};
  for (auto const& row : r.group->allowed)
    if (auto const value = row[r.column]; is_left(r, row, a) && (value & (bit - 1)) == members)
      ((value & bit) != 0 ? found.in : found.out) = true;
  return found;
}

bool open_options::is_left(rule const& r, std::vector<std::uint32_t> const& row, architecture const& a) {
  return std::ranges::all_of(r.before, [&](std::size_t column) {
    return a.values[static_cast<std::size_t>(r.group->decisions[column])] == row[column];
  });
}

std::size_t open_options::state_of(rule const& r, architecture const& a) {
  std::size_t state = 0;
  for (std::size_t k = 0; k < r.layer; ++k)
    state =
        static_cast<std::size_t>(r.chain->next[k][state][a.values[static_cast<std::size_t>(r.chain->decisions[k])]]);
  return state;
}

} // namespace espalier::runtime
