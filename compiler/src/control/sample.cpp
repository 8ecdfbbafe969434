#include "plan.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <numeric>

namespace espalier::compiler {

namespace control {

namespace {

std::uint32_t drawn_rank(rank_law const& l, random_generator& random) {
  if (l.equal == 0) {
    auto const drawn = random.below(l.cumulative.back());
    return static_cast<std::uint32_t>(std::ranges::upper_bound(l.cumulative, drawn) - l.cumulative.begin());
  }
  auto const drawn = random.below(l.equal);
  return l.ranks.empty() ? drawn : l.ranks[drawn];
}

// A subset with the weight of the product of its options' counts: how many members first, then option by option.
std::uint32_t drawn_subset(node const& n, rank_law const& l, random_generator& random) {
  auto const& of_size = l.ways.front();
  auto left = random.below(std::accumulate(of_size.begin() + n.least, of_size.end(), cardinality{}));
  std::size_t missing = n.least;
  cardinality passed = of_size[missing];
  while (left >= passed)
    passed += of_size[++missing];
  std::uint32_t subset = 0;
  for (std::size_t o = 0; missing > 0; ++o)
    if (random.below(l.ways[o][missing]) >= l.ways[o + 1][missing]) {
      subset |= 1U << o;
      --missing;
    }
  return subset;
}

void draw_batches(law const& l, std::uint32_t* values, random_generator& random) {
  auto const* draw = l.draws.data();
  for (auto const& b : l.batches) {
    auto const* const first = draw;
    auto const* const last = l.draws.data() + b.last;
    for (;;) {
      word_of_draws word{random()};
      for (draw = first; draw != last; ++draw)
        values[draw->target] = word.below(draw->bound);
      if (word.is_fair_by(b.surplus))
        break;
    }
  }
}

void draw_chain(plan const& p, chain_of_layers const& chain, uniform_over law, std::vector<std::uint32_t>& values,
                random_generator& random) {
  bool exists = true;
  std::size_t state = 0;
  for (std::size_t k = 0; k < chain.size(); ++k) {
    auto& value = values[chain[k].decision];
    value = exists ? draw_layer(chain[k], state, law, random) : 0;
    exists = exists && goes_on(p, chain, k, value);
    state = exists ? static_cast<std::size_t>(chain[k].states[state].next[value]) : 0;
  }
}

// Sets decisions that do not exist to 0, parents first. What hangs on none is written without a branch, which would be
// mispredicted.
void clear_absent(plan const& p, std::uint32_t* values) {
  for (auto const& d : p.inner)
    if (!d.where.holds(values[d.where.parent]))
      values[d.decision] = p.nodes[d.decision].is_subset ? 0 : absent;
  for (auto const& d : p.below_subsets)
    values[d.decision] &= 0U - static_cast<std::uint32_t>(d.where.holds_of_subset(values[d.where.parent]));
  for (auto const& d : p.below_choices)
    values[d.decision] &= 0U - static_cast<std::uint32_t>(d.where.holds_of_choice(values[d.where.parent]));
  for (auto const& d : p.inner)
    values[d.decision] = values[d.decision] == absent ? 0 : values[d.decision];
}

} // namespace

void draw_unit(plan const& p, std::size_t index, uniform_over law, std::vector<std::uint32_t>& values,
               random_generator& random) {
  auto const& u = p.units[index];
  if (u.chain != no_chain)
    return draw_chain(p, p.chains[u.chain], law, values, random);
  auto const& l = p.of(law).units[index];
  auto const first = u.decisions.front();
  if (u.size == 0) {
    values[first] = drawn_subset(p.nodes[first], l, random);
    return;
  }
  auto const rank = drawn_rank(l, random);
  if (u.values.empty())
    values[first] = rank;
  for (std::size_t m = 0; m < u.decisions.size() && !u.values.empty(); ++m)
    values[u.decisions[m]] = u.values[rank * u.decisions.size() + m];
}

void draw_all(plan const& p, uniform_over law, std::vector<std::uint32_t>& values, random_generator& random) {
  auto const& l = p.of(law);
  values.resize(p.nodes.size());
  draw_batches(l, values.data(), random);
  for (auto const& lookup : l.lookups)
    values[lookup.target] = l.tables[lookup.table + values[lookup.target]];
  for (auto const& lookup : l.row_lookups) {
    auto const& members = p.units[lookup.unit].decisions;
    auto const* const row = l.tables.data() + lookup.table + values[members.front()] * members.size();
    for (std::size_t m = 0; m < members.size(); ++m)
      values[members[m]] = row[m];
  }
  for (auto const u : l.others)
    draw_unit(p, u, law, values, random);
}

} // namespace control

void sample_into(architecture& a, decision_space const& space, random_generator& random, uniform_over law) {
  auto const& p = space.plan();
  control::draw_all(p, law, a.values, random);
  control::clear_absent(p, a.values.data());
}

architecture sample(decision_space const& space, random_generator& random, uniform_over law) {
  architecture a;
  sample_into(a, space, random, law);
  return a;
}

} // namespace espalier::compiler
