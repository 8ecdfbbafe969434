#include "plan.hpp"

#include <algorithm>
#include <bit>

namespace espalier::compiler::control {

namespace {

constexpr std::uint32_t most_tabled_options = 8; // of a subset, to list by its bit set what can change

class changes {
public:
  changes(plan& made, decision_space const& space) : made_(made), space_(space) {}

  void add() {
    made_.changes.resize(space_.size());
    for (std::uint32_t i = 0; i < space_.size(); ++i)
      if (can_change(i))
        add_change(i);
    if (made_.chains.empty())
      add_slots();
  }

private:
  [[nodiscard]] bool can_change(std::uint32_t i) const {
    auto const& u = made_.units[made_.nodes[i].unit];
    if (u.chain != no_chain) {
      auto const& chain = made_.chains[u.chain];
      auto const& layer = *std::ranges::find(chain, i, &chain_layer::decision);
      return std::ranges::any_of(layer.states, [](chain_layer::choice const& s) {
        return std::ranges::count_if(s.next, [](std::int32_t state) { return state >= 0; }) > 1;
      });
    }
    if (u.decisions.size() == 1)
      return u.size != 1;
    auto const width = u.decisions.size();
    auto const column = static_cast<std::size_t>(std::ranges::find(u.decisions, i) - u.decisions.begin());
    for (std::size_t row = 1; row < u.size; ++row)
      if (u.values[row * width + column] != u.values[column])
        return true;
    return false;
  }

  [[nodiscard]] bool is_leaf(std::uint32_t i) const {
    auto const& n = made_.nodes[i];
    auto const& u = made_.units[n.unit];
    return !n.is_subset && space_[i].children.empty() && u.decisions.size() == 1 && u.chain == no_chain;
  }

  void add_change(std::uint32_t i) {
    auto const& n = made_.nodes[i];
    auto& added = made_.changes[i];
    added = {change::general, n.options};
    if (made_.units[n.unit].chain != no_chain) {
      added.by = change::layer;
    } else if (made_.units[n.unit].decisions.size() > 1) {
      added.by = change::coupled;
    } else if (is_leaf(i)) {
      added.by = change::leaf;
    } else if (auto const leaves = n.options <= most_tabled_options ? leaves_of(n) : std::vector<std::uint32_t>{};
               n.is_subset && !leaves.empty()) {
      added.by = change::subset_of_leaves;
      added.ranges = static_cast<std::uint32_t>(made_.ranges.size());
      add_transitions(i, leaves);
    }
  }

  // By option what hangs on it, or the decision's own number; empty unless that is one leaf at most, and on it alone.
  [[nodiscard]] std::vector<std::uint32_t> leaves_of(node const& n) const {
    auto const own = made_.units[n.unit].decisions.front();
    std::vector<std::uint32_t> leaves(n.options, own);
    for (auto const u : made_.units_below(n)) {
      auto const leaf = made_.units[u].decisions.front();
      auto const where = made_.nodes[leaf].where.parent_options;
      auto const option = static_cast<std::size_t>(std::countr_zero(where));
      if (!is_leaf(leaf) || !std::has_single_bit(where) || leaves[option] != own)
        return {};
      leaves[option] = leaf;
    }
    return leaves;
  }

  void add_transitions(std::uint32_t i, std::vector<std::uint32_t> const& leaves) {
    auto const& d = space_[i];
    auto const first = made_.ranges.size();
    made_.ranges.resize(first + (std::size_t{1} << d.options.size()));
    auto const values = subset_values(d);
    auto const leaf_at = [&](std::uint32_t options) {
      return options == 0 ? i : leaves[static_cast<std::size_t>(std::countr_zero(options))];
    };
    for (auto const value : values) {
      auto& range = made_.ranges[first + value];
      range.first = static_cast<std::uint32_t>(made_.transitions.size());
      for (auto const other : values) {
        if (!are_neighbours(value, other))
          continue;
        auto const appears = leaf_at(other & ~value);
        made_.transitions.push_back(
            {other, appears, appears == i ? 1 : made_.nodes[appears].options, leaf_at(value & ~other)});
      }
      range.count = static_cast<std::uint32_t>(made_.transitions.size()) - range.first;
    }
  }

  void add_slots() {
    made_.slots_are_full = !made_.is_nested;
    for (std::uint32_t i = 0; i < space_.size(); ++i) {
      if (space_[i].parent < 0 && made_.changes[i].by != change::never)
        add_slot(0, 0, {i});
      std::vector<std::uint32_t> below;
      for (int const child : space_[i].children)
        if (made_.changes[static_cast<std::size_t>(child)].by != change::never)
          below.push_back(static_cast<std::uint32_t>(child));
      if (space_[i].type == decision::kind::choice)
        add_slots(i, below, values_of_choice(space_[i]));
      else if (space_[i].options.size() <= most_tabled_options)
        add_slots(i, below, subset_values(space_[i]));
      else if (std::ranges::all_of(below, [&](auto c) { return std::has_single_bit(space_[c].parent_options); }))
        for (auto const child : below) {
          made_.slots_are_full = false;
          add_slot(i, static_cast<std::uint32_t>(std::countr_zero(space_[child].parent_options)), {absent, child});
        }
      else
        return made_.slots.clear();
    }
  }

  static std::vector<std::uint32_t> values_of_choice(decision const& d) {
    std::vector<std::uint32_t> values(d.options.size());
    for (std::uint32_t v = 0; v < values.size(); ++v)
      values[v] = v;
    return values;
  }

  void add_slot(std::uint32_t parent, std::uint32_t shift, std::vector<std::uint32_t> const& table) {
    made_.slots.push_back({parent, shift, static_cast<std::uint32_t>(table.size() - 1),
                           static_cast<std::uint32_t>(made_.in_slots.size())});
    made_.in_slots.insert(made_.in_slots.end(), table.begin(), table.end());
  }

  // By the values that the parent can have.
  void add_slots(std::uint32_t parent, std::vector<std::uint32_t> const& below,
                 std::vector<std::uint32_t> const& values) {
    std::vector<std::vector<std::uint32_t>> tables;
    for (auto const value : values) {
      std::size_t rank = 0;
      for (auto const child : below) {
        if (!made_.nodes[child].where.holds(value))
          continue;
        if (rank == tables.size())
          tables.emplace_back(std::bit_ceil(std::size_t{std::ranges::max(values)} + 1), absent);
        tables[rank++][value] = child;
      }
    }
    for (auto const& table : tables) {
      add_slot(parent, 0, table);
      for (auto const value : values)
        made_.slots_are_full = made_.slots_are_full && table[value] != absent;
    }
  }

  plan& made_;
  decision_space const& space_;
};

} // namespace

void add_changes(plan& made, decision_space const& space) {
  changes{made, space}.add();
}

} // namespace espalier::compiler::control
