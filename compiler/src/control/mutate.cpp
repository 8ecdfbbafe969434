#include "plan.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <array>
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

// Where in its chain a decision stands, and the state that the layers before it lead to.
struct layer_place {
  control::chain_of_layers const& chain;
  std::size_t layer = 0;
  std::size_t state = 0;

  [[nodiscard]] control::chain_layer::choice const& choice() const { return chain[layer].states[state]; }
};

layer_place place_of(plan const& p, std::uint32_t i, values_of_decisions const& values) {
  layer_place place{p.chains[p.units[p.nodes[i].unit].chain]};
  for (; place.chain[place.layer].decision != i; ++place.layer)
    place.state = static_cast<std::size_t>(place.choice().next[values[place.chain[place.layer].decision]]);
  return place;
}

bool can_change(plan const& p, std::uint32_t i, values_of_decisions const& values) {
  return p.units[p.nodes[i].unit].chain == control::no_chain || place_of(p, i, values).choice().allowed.size() > 1;
}

// Gives a layer of a chain another allowed value. The layers behind it stay as far as each is allowed; where one is
// not, the chain ends.
void change_layer(plan const& p, std::uint32_t i, values_of_decisions& values, random_generator& random) {
  auto const [chain, changed, at] = place_of(p, i, values);
  auto const& allowed = chain[changed].states[at].allowed;
  auto const present = static_cast<std::size_t>(std::ranges::find(allowed, values[i]) - allowed.begin());
  auto const other = random.below(static_cast<std::uint32_t>(allowed.size() - 1));
  auto value = allowed[other + static_cast<std::size_t>(other >= present)];
  bool exists = true;
  for (auto [k, state] = std::pair{changed, at}; k < chain.size(); ++k) {
    auto const& next = chain[k].states[state].next;
    if (k > changed)
      value = exists && next[values[chain[k].decision]] >= 0 ? values[chain[k].decision] : 0;
    assign(p, chain[k].decision, value, values, random);
    exists = exists && control::goes_on(p, chain, k, value);
    state = exists ? static_cast<std::size_t>(next[value]) : 0;
  }
}

// The position of the n-th set bit.
std::uint32_t set_bit(std::uint32_t bits, std::uint32_t n) {
  for (; n > 0; --n)
    bits &= bits - 1;
  return static_cast<std::uint32_t>(std::countr_zero(bits));
}

// One member more, one less, or another one: each such change is equally likely.
std::uint32_t changed_subset(node const& n, std::uint32_t value, random_generator& random) {
  auto const others = (n.options == 32 ? ~0U : (1U << n.options) - 1) & ~value;
  auto const kept = static_cast<std::uint32_t>(std::popcount(value));
  auto const left = n.options - kept;
  auto const gains = kept < n.most ? left : 0;
  auto const losses = kept > n.least ? kept : 0;
  auto change = random.below(gains + losses + kept * left);
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

[[gnu::noinline]] void change_in_general(plan const& p, std::uint32_t i, values_of_decisions& values,
                                         random_generator& random) {
  auto const by = p.changes[i].by;
  if (by == control::change::coupled)
    return change_coupled(p, i, values, random);
  if (by == control::change::layer)
    return change_layer(p, i, values, random);
  auto const& n = p.nodes[i];
  if (n.is_subset)
    return assign(p, i, changed_subset(n, values[i], random), values, random);
  auto const other = random.below(n.options - 1);
  assign(p, i, other + static_cast<std::uint32_t>(other >= values[i]), values, random);
}

// Without a branch, which would be mispredicted, on what appears or vanishes: where nothing does, the subset itself is
// written in its place, before it has its value.
[[gnu::always_inline]] inline void change_subset_of_leaves(plan const& p, std::uint32_t i, values_of_decisions& values,
                                                           random_generator& random) {
  auto const range = p.ranges[p.changes[i].ranges + values[i]];
  for (;;) {
    control::word_of_draws word{random()};
    auto const& t = p.transitions[range.first + word.below(range.count)];
    auto const appearing = word.below(t.options);
    if (!word.is_fair(std::uint64_t{range.count} * t.options)) [[unlikely]]
      continue;
    values[t.vanishes] = 0;
    values[t.appears] = appearing;
    values[i] = t.value;
    return;
  }
}

// Every decision that exists and can change is equally likely: `absent` if there is none.
std::uint32_t changed_by_scan(plan const& p, values_of_decisions const& values, random_generator& random) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < p.changes.size(); ++i)
    if (p.changes[i].by != control::change::never && p.exists(values, i) && can_change(p, i, values))
      found.push_back(i);
  return found.empty() ? control::absent : found[random.below(static_cast<std::uint32_t>(found.size()))];
}

[[gnu::always_inline]] inline std::uint32_t found_in(plan const& p, control::slot const& s,
                                                     values_of_decisions const& values) {
  return p.in_slots[s.table + ((values[s.parent] >> s.shift) & s.mask)];
}

// What the first of two evenly drawn slots holds that is not empty, or `absent`. They are looked at together, since a
// branch after each would be mispredicted.
[[gnu::always_inline]] inline std::uint32_t changed_by_guess(plan const& p, values_of_decisions const& values,
                                                             random_generator& random) {
  auto const count = static_cast<std::uint32_t>(p.slots.size());
  control::word_of_draws word{random()};
  auto const first = found_in(p, p.slots[word.below(count)], values);
  if (p.slots_are_full)
    return word.is_fair(count) ? first : control::absent;
  auto const second = found_in(p, p.slots[word.below(count)], values);
  if (!word.is_fair(std::uint64_t{count} * count)) [[unlikely]]
    return control::absent;
  auto const found = first != control::absent ? first : second;
  return !p.is_nested || (found != control::absent && p.exists(values, found)) ? found : control::absent;
}

// Where a guess failed: some more, then a look at everything.
[[gnu::noinline]] std::uint32_t changed_after_all(plan const& p, values_of_decisions const& values,
                                                  random_generator& random) {
  for (int i = 0; i < 8 && !p.slots.empty(); ++i)
    if (auto const found = changed_by_guess(p, values, random); found != control::absent)
      return found;
  return changed_by_scan(p, values, random);
}

// How many layers of a chain exist: the first, and those that may follow another.
std::size_t length(plan const& p, control::chain_of_layers const& chain, values_of_decisions const& values) {
  if (!p.exists(values, chain.front().decision))
    return 0;
  std::size_t k = 0;
  while (control::goes_on(p, chain, k, values[chain[k].decision]))
    ++k;
  return k + 1;
}

// Whether the layers of a chain from the k-th on may follow a state.
bool may_follow(plan const& p, control::chain_of_layers const& chain, std::size_t k, std::int32_t state,
                values_of_decisions const& values) {
  for (;; ++k) {
    auto const value = values[chain[k].decision];
    state = chain[k].states[static_cast<std::size_t>(state)].next[value];
    if (state < 0 || !control::goes_on(p, chain, k, value))
      return state >= 0;
  }
}

// How many layers a child takes of `a` before those of `b`: each number after which these may follow is equally
// likely.
std::size_t crossing(plan const& p, control::chain_of_layers const& chain, values_of_decisions const& a,
                     values_of_decisions const& b, random_generator& random) {
  auto const of_a = length(p, chain, a);
  auto const of_b = length(p, chain, b);
  if (of_a == 0 || of_b == 0)
    return of_a;
  std::vector<std::size_t> found;
  std::int32_t state = 0;
  for (std::size_t k = 0; k < std::min(of_a, of_b); ++k) {
    if (may_follow(p, chain, k, state, b))
      found.push_back(k);
    state = chain[k].states[static_cast<std::size_t>(state)].next[a[chain[k].decision]];
  }
  found.push_back(of_a);
  return found[random.below(static_cast<std::uint32_t>(found.size()))];
}

// Takes every unit that exists from where `source` says, parents first: one of the parents' values, or the child's own;
// the layers of a chain as `settle_chain` says.
template <class Source, class Chain>
void settle(plan const& p, values_of_decisions& child, Source source, Chain settle_chain) {
  std::vector<char> exists(child.size());
  for (std::uint32_t index = 0; index < p.units.size(); ++index) {
    auto const& u = p.units[index];
    auto const& n = p.nodes[u.decisions.front()];
    bool here = n.where.always || (exists[n.where.parent] != 0 && n.where.holds(child[n.where.parent]));
    if (u.chain != control::no_chain) {
      auto const& chain = p.chains[u.chain];
      if (here)
        settle_chain(chain);
      for (std::size_t k = 0; k < chain.size(); ++k) {
        exists[chain[k].decision] = static_cast<char>(here);
        child[chain[k].decision] &= 0U - static_cast<std::uint32_t>(here);
        here = here && control::goes_on(p, chain, k, child[chain[k].decision]);
      }
      continue;
    }
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
  auto changed = p.slots.empty() ? control::absent : changed_by_guess(p, a.values, random);
  if (changed == control::absent) {
    changed = changed_after_all(p, a.values, random);
    if (changed == control::absent)
      return -1;
  }
  auto const by = p.changes[changed].by;
  if (by == control::change::leaf) {
    auto& value = a.values[changed];
    auto const other = random.below(p.changes[changed].options - 1);
    value = other + static_cast<std::uint32_t>(other >= value);
  } else if (by == control::change::subset_of_leaves) {
    change_subset_of_leaves(p, changed, a.values, random);
  } else {
    change_in_general(p, changed, a.values, random);
  }
  return static_cast<int>(changed);
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
  auto const keeps = [&](std::uint32_t i) { return p.exists(parent.values, i) && random.uniform() >= probability; };
  auto const settle_chain = [&](control::chain_of_layers const& chain) {
    std::size_t state = 0;
    for (std::size_t k = 0; k < chain.size(); ++k) {
      auto const kept = parent.values[chain[k].decision];
      auto const& next = chain[k].states[state].next;
      auto& value = child.values[chain[k].decision];
      bool const stays = keeps(chain[k].decision) && next[kept] >= 0;
      value = stays ? kept : control::draw_layer(chain[k], state, uniform_over::architectures, random);
      if (!control::goes_on(p, chain, k, value))
        return;
      state = static_cast<std::size_t>(next[value]);
    }
  };
  settle(
      p, child.values, [&](std::uint32_t i) { return keeps(i) ? &parent.values : &child.values; }, settle_chain);
  return child;
}

architecture crossover(decision_space const& space, architecture const& a, architecture const& b,
                       random_generator& random) {
  require_of(space, a);
  require_of(space, b);
  auto const& p = space.plan();
  architecture child{std::vector<std::uint32_t>(space.size())};
  settle(
      p, child.values,
      [&](std::uint32_t i) { // where the child takes a parent's value, that one has what hangs on it
        bool const in_a = p.exists(a.values, i);
        bool const from_a = in_a && (!p.exists(b.values, i) || random.below(2) == 0);
        return from_a ? &a.values : &b.values;
      },
      [&](control::chain_of_layers const& chain) {
        auto const first_of_b = crossing(p, chain, a.values, b.values, random);
        for (std::size_t k = 0; k < chain.size(); ++k) {
          auto const i = chain[k].decision;
          child.values[i] = (k < first_of_b ? a : b).values[i];
        }
      });
  return child;
}

} // namespace espalier::compiler
