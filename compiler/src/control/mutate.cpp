#include "plan.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using control::node;
using control::plan;
using values_of_decisions = std::vector<std::uint32_t>;

[[noreturn]] void refuse(decision_space const& space, architecture const& a) {
  throw internal_error(fmt::format("{} values for {} decisions", a.values.size(), space.size()));
}

inline void require_of(decision_space const& space, architecture const& a) {
  if (a.values.size() != space.size()) [[unlikely]]
    refuse(space, a);
}

// Draws a unit that begins to exist, and all that then hangs on it.
void appear(plan const& p, std::uint32_t unit, values_of_decisions& values, random_generator& random) {
  control::draw_unit(p, unit, uniform_over::architectures, values, random);
  for (auto const i : p.units[unit].decisions)
    for (auto const below : p.units_below(p.nodes[i]))
      if (p.nodes[p.units[below].decisions.front()].where.holds(values[i]))
        appear(p, below, values, random);
}

void vanish(plan const& p, std::uint32_t unit, values_of_decisions& values) {
  for (auto const i : p.units[unit].decisions) {
    for (auto const below : p.units_below(p.nodes[i]))
      vanish(p, below, values);
    values[i] = 0;
  }
}

// Gives a decision that exists another value, and settles what hangs on it.
void assign(plan const& p, std::size_t i, std::uint32_t value, values_of_decisions& values, random_generator& random) {
  auto const before = values[i];
  values[i] = value;
  for (auto const below : p.units_below(p.nodes[i])) {
    auto const& child = p.nodes[p.units[below].decisions.front()];
    bool const existed = child.where.holds(before);
    if (existed == child.where.holds(value))
      continue;
    if (existed)
      vanish(p, below, values);
    else
      appear(p, below, values, random);
  }
}

// The position of the n-th set bit.
std::uint32_t set_bit(std::uint32_t bits, std::uint32_t n) {
  for (; n > 0; --n)
    bits &= bits - 1;
  return static_cast<std::uint32_t>(std::countr_zero(bits));
}

// One member more, one less, or another one: each such change is equally likely.
std::uint32_t changed_subset(node const& n, std::uint32_t value, std::uint32_t bits, random_generator& random) {
  auto const others = (n.options == 32 ? ~0U : (1U << n.options) - 1) & ~value;
  auto const kept = static_cast<std::uint32_t>(std::popcount(value));
  auto const left = n.options - kept;
  auto const gains = kept < n.most ? left : 0;
  auto const losses = kept > n.least ? kept : 0;
  auto change = random.below(gains + losses + kept * left, bits);
  if (change < gains)
    return value | 1U << set_bit(others, change);
  change -= gains;
  if (change < losses)
    return value & ~(1U << set_bit(value, change));
  change -= losses;
  return (value & ~(1U << set_bit(value, change / left))) | 1U << set_bit(others, change % left);
}

// Among the combinations in which this decision has another value, one of those nearest to the present one.
void change_coupled(plan const& p, std::uint32_t changed, values_of_decisions& values, random_generator& random) {
  auto const& u = p.units[p.nodes[changed].unit];
  auto const width = u.decisions.size();
  auto nearest = width + 1;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < u.size; ++row) {
    std::size_t distance = 0;
    bool changes = false;
    for (std::size_t m = 0; m < width; ++m) {
      bool const differs = u.values[row * width + m] != values[u.decisions[m]];
      distance += static_cast<std::size_t>(differs);
      changes = changes || (differs && u.decisions[m] == changed);
    }
    if (!changes || distance > nearest)
      continue;
    if (distance < nearest)
      rows.clear();
    nearest = distance;
    rows.push_back(row);
  }
  auto const row = rows[random.below(static_cast<std::uint32_t>(rows.size()))];
  for (std::size_t m = 0; m < width; ++m)
    assign(p, u.decisions[m], u.values[row * width + m], values, random);
}

// Both leaves of an exchange are written without a branch on which of them appears.
void change_subset_of_leaves(plan const& p, std::uint32_t i, std::uint32_t bits, values_of_decisions& values,
                             random_generator& random) {
  auto const& n = p.nodes[i];
  auto const before = values[i];
  auto const range = p.neighbours_of[n.neighbours + before];
  auto const after = p.neighbours[range.first + random.below(range.count, bits)];
  values[i] = after;
  auto word = random();
  for (auto changed = before ^ after; changed != 0; changed &= changed - 1) {
    auto const option = static_cast<std::uint32_t>(std::countr_zero(changed));
    auto const leaf = p.leaves[n.leaves + option];
    if (leaf == control::absent)
      continue;
    auto const drawn = random.below(p.nodes[leaf].options, static_cast<std::uint32_t>(word));
    values[leaf] = drawn & (0U - (after >> option & 1U));
    word >>= 32U; // a subset changes by two members at most
  }
}

void change_in_general(plan const& p, std::uint32_t i, std::uint32_t bits, values_of_decisions& values,
                       random_generator& random) {
  auto const& n = p.nodes[i];
  if (n.by == control::change::coupled)
    return change_coupled(p, i, values, random);
  if (n.is_subset)
    return assign(p, i, changed_subset(n, values[i], bits, random), values, random);
  auto const other = random.below(n.options - 1, bits);
  assign(p, i, other + static_cast<std::uint32_t>(other >= values[i]), values, random);
}

void change(plan const& p, std::uint32_t i, values_of_decisions& values, random_generator& random) {
  auto const bits = static_cast<std::uint32_t>(random());
  auto const& n = p.nodes[i];
  if (n.by == control::change::leaf) {
    auto const other = random.below(n.options - 1, bits);
    values[i] = other + static_cast<std::uint32_t>(other >= values[i]);
  } else if (n.by == control::change::subset_of_leaves) {
    change_subset_of_leaves(p, i, bits, values, random);
  } else {
    change_in_general(p, i, bits, values, random);
  }
}

// Every decision that exists and can change is equally likely: -1 if there is none.
int changed_by_scan(plan const& p, values_of_decisions const& values, random_generator& random) {
  std::vector<std::uint32_t> found;
  for (auto const& d : p.changeable)
    if (p.exists(values, d.decision))
      found.push_back(d.decision);
  return found.empty() ? -1 : static_cast<int>(found[random.below(static_cast<std::uint32_t>(found.size()))]);
}

// All ones where it exists, as far as its own condition says.
[[gnu::always_inline]] inline std::uint32_t existence(control::placed_decision const& d,
                                                      values_of_decisions const& values) {
  return 0U - static_cast<std::uint32_t>(d.where.holds_evenly(values[d.where.parent]));
}

// Of two guesses, evenly among all that can change, the first that exists, or -1. They are tested together, since a
// branch after each would be mispredicted.
int changed_by_guess(plan const& p, values_of_decisions const& values, std::uint64_t bits, random_generator& random) {
  auto const count = static_cast<std::uint32_t>(p.changeable.size());
  auto const& first = p.changeable[random.below(count, static_cast<std::uint32_t>(bits >> 32U))];
  auto const& second = p.changeable[random.below(count, static_cast<std::uint32_t>(bits))];
  auto const first_exists = existence(first, values);
  auto const second_exists = existence(second, values);
  auto const later = (second.decision & second_exists) | ~second_exists;
  auto const found = static_cast<int>((first.decision & first_exists) | (later & ~first_exists));
  return found < 0 || !p.is_nested || p.exists(values, static_cast<std::size_t>(found)) ? found : -1;
}

// Takes every unit that exists from where `source` says, parents first: one of the parents' values, or the child's own.
template <class Source>
void settle(plan const& p, values_of_decisions& child, Source source) {
  std::vector<char> exists(child.size());
  for (std::uint32_t index = 0; index < p.units.size(); ++index) {
    auto const& u = p.units[index];
    auto const& n = p.nodes[u.decisions.front()];
    bool const here = n.where.always || (exists[n.where.parent] != 0 && n.where.holds(child[n.where.parent]));
    auto const* const from = here ? source(u.decisions.front()) : nullptr;
    for (auto const i : u.decisions) {
      exists[i] = static_cast<char>(here);
      child[i] = here ? (*from)[i] : 0;
    }
  }
}

} // namespace

int mutate_in_place(architecture& a, decision_space const& space, random_generator& random) {
  require_of(space, a);
  auto const& p = space.plan();
  if (p.changeable.empty())
    return -1;
  constexpr int tries = 8; // then too few exist for guessing
  int changed = -1;
  for (int i = 0; i < tries && changed < 0; ++i)
    changed = changed_by_guess(p, a.values, random(), random);
  if (changed < 0)
    changed = changed_by_scan(p, a.values, random);
  if (changed >= 0)
    change(p, static_cast<std::uint32_t>(changed), a.values, random);
  return changed;
}

architecture mutate(decision_space const& space, architecture const& parent, random_generator& random) {
  auto child = parent;
  mutate_in_place(child, space, random);
  return child;
}

architecture mutate(decision_space const& space, architecture const& parent, random_generator& random,
                    double probability) {
  require_of(space, parent);
  auto const& p = space.plan();
  architecture child;
  control::draw_all(p, uniform_over::architectures, child.values, random);
  settle(p, child.values, [&](std::uint32_t i) {
    return p.exists(parent.values, i) && random.uniform() >= probability ? &parent.values : &child.values;
  });
  return child;
}

architecture crossover(decision_space const& space, architecture const& a, architecture const& b,
                       random_generator& random) {
  require_of(space, a);
  require_of(space, b);
  auto const& p = space.plan();
  architecture child{std::vector<std::uint32_t>(space.size())};
  settle(p, child.values,
         [&](std::uint32_t i) { // where the child takes a parent's value, that one has what hangs on it
           bool const in_a = p.exists(a.values, i);
           bool const from_a = in_a && (!p.exists(b.values, i) || random.below(2) == 0);
           return from_a ? &a.values : &b.values;
         });
  return child;
}

} // namespace espalier::compiler
