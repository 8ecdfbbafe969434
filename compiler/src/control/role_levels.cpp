#include <espalier/compiler/role_levels.hpp>

#include "plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace espalier::compiler {

namespace {

// The options of a number in the order of size, others as they are.
std::vector<std::uint32_t> by_size(decision const& d) {
  std::vector<std::uint32_t> options(d.options.size());
  std::iota(options.begin(), options.end(), 0U);
  if (!d.numbers.empty())
    std::ranges::sort(options, {}, [&](std::uint32_t o) { return d.numbers[o]; });
  return options;
}

std::uint32_t option_at(decision const& d, double level) {
  auto const place = std::lround(level * static_cast<double>(d.numbers.size() - 1));
  return by_size(d)[static_cast<std::size_t>(place)];
}

// How far a combination is from the values at hand, in options by size.
long long distance(decision_space const& space, std::vector<int> const& decisions,
                   std::vector<std::uint32_t> const& combination, std::vector<std::uint32_t> const& values) {
  long long sum = 0;
  for (std::size_t k = 0; k < decisions.size(); ++k) {
    auto const i = static_cast<std::size_t>(decisions[k]);
    auto const options = by_size(space[i]);
    sum += std::abs(std::ranges::find(options, combination[k]) - std::ranges::find(options, values[i]));
  }
  return sum;
}

void settle(decision_space const& space, constraint_group const& group, std::vector<std::uint32_t>& values) {
  auto const nearest = std::ranges::min_element(group.allowed, {}, [&](std::vector<std::uint32_t> const& combination) {
    return distance(space, group.decisions, combination, values);
  });
  for (std::size_t k = 0; k < group.decisions.size(); ++k)
    values[static_cast<std::size_t>(group.decisions[k])] = (*nearest)[k];
}

} // namespace

architecture at_levels(decision_space const& space, std::vector<decision_role> const& roles, role_levels const& levels,
                       random_generator& random) {
  auto const& p = space.plan();
  architecture a;
  control::draw_all(p, uniform_over::architectures, a.values, random);
  for (std::size_t i = 0; i < space.size(); ++i)
    if (auto const level = levels.find(roles[i]); level != levels.end() && !space[i].numbers.empty())
      a.values[i] = option_at(space[i], level->second);
  for (auto const& group : space.groups())
    settle(space, group, a.values);
  for (std::size_t i = 0; i < space.size(); ++i)
    if (!p.exists(a.values, i))
      a.values[i] = 0;
  return a;
}

} // namespace espalier::compiler
