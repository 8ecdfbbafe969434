#include "plan.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

namespace espalier::compiler::control {

namespace {

constexpr unsigned long long most_listed = 4096; // values of a subset, and draws that a table translates
constexpr std::uint64_t largest_product = std::uint64_t{1} << 48U; // one word in 2^16 is looked at twice

class planner {
public:
  explicit planner(decision_space const& space) : space_(space) {
    add_units();
    add_nodes();
    made.laws[0].units.resize(made.units.size());
    made.laws[1].units.resize(made.units.size());
    totals_.resize(made.units.size());
    for (std::size_t u = made.units.size(); u-- > 0;)
      weigh(u);
    for (auto& l : made.laws)
      lay_out(l);
  }

  plan made;

private:
  void add_units() {
    std::vector<constraint_group const*> group_of(space_.size());
    for (auto const& group : space_.groups())
      for (int const d : group.decisions)
        group_of[static_cast<std::size_t>(d)] = &group;
    std::vector<layer_automaton const*> chain_of(space_.size());
    for (auto const& chain : space_.chains())
      for (int const d : chain.decisions)
        chain_of[static_cast<std::size_t>(d)] = &chain;
    made.nodes.resize(space_.size());
    for (std::size_t i = 0; i < space_.size(); ++i) {
      auto const* group = group_of[i];
      auto const* chain = chain_of[i];
      if (chain != nullptr && static_cast<std::size_t>(chain->decisions.front()) == i)
        made.units.push_back(unit_of(*chain));
      else if (chain != nullptr)
        continue;
      else if (group == nullptr)
        made.units.push_back(unit_of(i));
      else if (static_cast<std::size_t>(*std::ranges::min_element(group->decisions)) == i)
        made.units.push_back(unit_of(*group));
      else
        continue;
      for (auto const member : made.units.back().decisions)
        made.nodes[member].unit = static_cast<std::uint32_t>(made.units.size() - 1);
    }
  }

  [[nodiscard]] unit unit_of(std::size_t i) const {
    auto const& d = space_[i];
    unit made{{static_cast<std::uint32_t>(i)}, d.options.size()};
    if (d.type == decision::kind::choice)
      return made;
    bool const is_listed =
        subset_count(d) <= cardinality{most_listed} || std::ranges::any_of(d.children, [&](int child) {
          return !std::has_single_bit(space_[static_cast<std::size_t>(child)].parent_options);
        });
    made.size = 0;
    if (is_listed) {
      made.values = subset_values(d);
      made.size = made.values.size();
    }
    return made;
  }

  unit unit_of(layer_automaton const& automaton) {
    chain_of_layers chain;
    for (std::size_t p = 0; p < automaton.decisions.size(); ++p) {
      chain.push_back({static_cast<std::uint32_t>(automaton.decisions[p]), {}});
      for (auto const& row : automaton.next[p])
        chain.back().states.push_back({{}, {}, {row.begin(), row.end()}});
    }
    made.chains.push_back(std::move(chain));
    return {{automaton.decisions.begin(), automaton.decisions.end()},
            0,
            {},
            static_cast<std::uint32_t>(made.chains.size() - 1)};
  }

  static unit unit_of(constraint_group const& group) {
    unit made{{group.decisions.begin(), group.decisions.end()}, group.allowed.size()};
    for (auto const& row : group.allowed)
      made.values.insert(made.values.end(), row.begin(), row.end());
    return made;
  }

  void add_nodes() {
    for (std::uint32_t i = 0; i < space_.size(); ++i) {
      auto const& d = space_[i];
      auto& n = made.nodes[i];
      if (d.parent >= 0) {
        auto const& parent = made.nodes[static_cast<std::size_t>(d.parent)];
        n.where = {d.parent_options, static_cast<std::uint32_t>(d.parent), parent.is_subset, false,
                   !parent.where.always};
        made.is_nested = made.is_nested || n.where.is_nested;
      }
      n.is_subset = d.type == decision::kind::subset;
      n.options = static_cast<std::uint32_t>(d.options.size());
      n.least = static_cast<std::uint32_t>(d.least);
      n.most = static_cast<std::uint32_t>(d.most);
      n.first_below = static_cast<std::uint32_t>(made.below.size());
      for (int const child : d.children) {
        auto const u = made.nodes[static_cast<std::size_t>(child)].unit;
        if (made.units[u].decisions.front() == static_cast<std::uint32_t>(child))
          made.below.push_back(u);
      }
      n.last_below = static_cast<std::uint32_t>(made.below.size());
      if (d.parent >= 0)
        (!d.children.empty()        ? made.inner
         : n.where.parent_is_subset ? made.below_subsets
                                    : made.below_choices)
            .push_back({n.where, i});
    }
  }

  [[nodiscard]] cardinality weight_of(std::uint32_t decision, std::uint32_t value) const {
    cardinality product = 1;
    for (auto const u : made.units_below(made.nodes[decision]))
      if (made.nodes[made.units[u].decisions.front()].where.holds(value))
        product *= totals_[u];
    return product;
  }

  void weigh(std::size_t index) {
    auto const& u = made.units[index];
    if (u.chain != no_chain) {
      auto& chain = made.chains[u.chain];
      weigh_chain(made, chain, [&](std::uint32_t decision, std::uint32_t value) { return weight_of(decision, value); });
      totals_[index] = chain.front().states.front().cumulative.back();
      return;
    }
    auto& uniform = made.laws[static_cast<std::size_t>(uniform_over::choices)].units[index];
    auto& weighted = made.laws[static_cast<std::size_t>(uniform_over::architectures)].units[index];
    if (u.size == 0) {
      auto const& d = space_[u.decisions.front()];
      std::vector<cardinality> below(d.options.size(), 1);
      uniform.ways = ways_to_keep(d, below);
      for (std::size_t o = 0; o < below.size(); ++o)
        below[o] = weight_of(u.decisions.front(), std::uint32_t{1} << o);
      weighted.ways = ways_to_keep(d, below);
      totals_[index] = std::accumulate(weighted.ways[0].begin() + d.least, weighted.ways[0].end(), cardinality{});
      return;
    }
    std::vector<cardinality> weights(u.size, 1);
    auto const width = u.decisions.size();
    for (std::size_t rank = 0; rank < u.size; ++rank)
      for (std::size_t m = 0; m < width; ++m)
        weights[rank] *=
            weight_of(u.decisions[m], u.values.empty() ? static_cast<std::uint32_t>(rank) : u.values[rank * width + m]);
    totals_[index] = std::accumulate(weights.begin(), weights.end(), cardinality{});
    uniform.equal = static_cast<std::uint32_t>(u.size);
    weighted = law_of(std::move(weights));
  }

  // `ways[o][k]` is the weight of all subsets of k options from option o on: elementary symmetric polynomials.
  static std::vector<std::vector<cardinality>> ways_to_keep(decision const& d, std::vector<cardinality> const& below) {
    auto const count = d.options.size();
    auto const most = static_cast<std::size_t>(d.most);
    std::vector<std::vector<cardinality>> ways(count + 1, std::vector<cardinality>(most + 1));
    ways[count][0] = 1;
    for (std::size_t o = count; o-- > 0;)
      for (std::size_t k = 0; k <= most; ++k) {
        ways[o][k] = ways[o + 1][k];
        if (k > 0)
          ways[o][k] += below[o] * ways[o + 1][k - 1];
      }
    return ways;
  }

  static rank_law law_of(std::vector<cardinality> weights) {
    rank_law made;
    for (std::uint32_t const prime : {2U, 3U, 5U, 7U, 11U, 13U, 17U, 19U, 23U, 29U, 31U})
      while (std::ranges::all_of(weights, [&](cardinality w) { return w.divide(prime) == 0; }))
        for (auto& w : weights)
          w.divide(prime);
    auto const total = std::accumulate(weights.begin(), weights.end(), cardinality{});
    if (std::ranges::all_of(weights, [&](auto const& w) { return w == weights.front(); })) {
      made.equal = static_cast<std::uint32_t>(weights.size());
    } else if (total <= cardinality{most_listed}) {
      for (std::size_t rank = 0; rank < weights.size(); ++rank)
        made.ranks.insert(made.ranks.end(), weights[rank].divide(most_listed + 1), static_cast<std::uint32_t>(rank));
      made.equal = static_cast<std::uint32_t>(made.ranks.size());
    } else {
      std::partial_sum(weights.begin(), weights.end(), std::back_inserter(made.cumulative));
    }
    return made;
  }

  void lay_out(law& l) {
    for (std::uint32_t u = 0; u < made.units.size(); ++u) {
      if (l.units[u].equal == 0) // a chain, too
        l.others.push_back(u);
      else
        add_draw(l, u);
    }
    std::ranges::sort(l.draws, [](auto const& a, auto const& b) { // so that alike bounds meet in a batch
      return a.bound != b.bound ? a.bound > b.bound : a.target < b.target;
    });
    for (std::size_t i = 0; i < l.draws.size(); ++i) {
      if (l.batches.empty() || l.batches.back().product > largest_product / l.draws[i].bound)
        l.batches.emplace_back();
      auto& b = l.batches.back();
      b.last = static_cast<std::uint32_t>(i + 1);
      b.product *= l.draws[i].bound;
    }
    for (auto& b : l.batches)
      b.surplus = word_of_draws::surplus(b.product);
  }

  void add_draw(law& l, std::uint32_t index) const {
    auto const& u = made.units[index];
    auto const& ranks = l.units[index].ranks;
    auto const width = u.decisions.size();
    l.draws.push_back({l.units[index].equal, u.decisions.front()});
    if (ranks.empty() && u.values.empty())
      return;
    auto const table = static_cast<std::uint32_t>(l.tables.size());
    for (std::uint32_t drawn = 0; drawn < l.units[index].equal; ++drawn) {
      auto const rank = ranks.empty() ? drawn : ranks[drawn];
      if (u.values.empty())
        l.tables.push_back(rank);
      else
        l.tables.insert(l.tables.end(), u.values.begin() + static_cast<std::ptrdiff_t>(rank * width),
                        u.values.begin() + static_cast<std::ptrdiff_t>((rank + 1) * width));
    }
    if (width == 1)
      l.lookups.push_back({u.decisions.front(), table});
    else
      l.row_lookups.push_back({index, table});
  }

  decision_space const& space_;
  std::vector<cardinality> totals_; // architectures of each unit and what hangs on it
};

} // namespace

plan make_plan(decision_space const& space) {
  auto made = std::move(planner{space}.made);
  add_changes(made, space);
  return made;
}

} // namespace espalier::compiler::control
