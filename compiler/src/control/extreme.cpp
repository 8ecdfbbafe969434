#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t largest_table = std::size_t{1} << 23U;

// A cost, or what is forbidden: more than any cost.
template <class Number>
constexpr Number forbidden = std::numeric_limits<Number>::max();

template <class Number>
Number sum(Number a, Number b) {
  return a == forbidden<Number> || b == forbidden<Number> ? forbidden<Number> : a + b;
}

// A function of the states of some decisions; the last varies fastest.
template <class Number>
struct factor {
  std::vector<std::size_t> decisions; // in rising order
  std::vector<Number> table;
};

// The architecture of smallest cost by variable elimination (Dechter, "Bucket elimination: A unifying framework for
// reasoning", 1999): one decision after the other is replaced by the best that it can be for each state of those it is
// coupled with, the one that leaves the smallest table first; then the best states are read backwards.
template <class Number>
class elimination {
public:
  explicit elimination(decision_space const& space) : space_(space), values_(space.size()) {
    for (std::size_t i = 0; i < space.size(); ++i) {
      if (space[i].type == decision::kind::subset)
        values_[i] = subset_values(space[i]);
      sizes_.push_back(states_of(space, {static_cast<int>(i)}));
    }
    for (std::size_t i = 0; i < space.size(); ++i)
      if (space[i].parent >= 0)
        add_existence(i);
    for (auto const& group : space.groups())
      add_group(group);
  }

  void add_term(std::vector<reading> const& reads, std::vector<Number> const& table) {
    factor<Number> made;
    for (auto const& r : reads)
      if (made.decisions.empty() || made.decisions.back() != static_cast<std::size_t>(r.decision))
        made.decisions.push_back(static_cast<std::size_t>(r.decision));
    fill(made, [&](std::vector<std::size_t> const& states) {
      std::size_t index = 0;
      std::size_t k = 0;
      for (auto const& r : reads) {
        k += static_cast<std::size_t>(made.decisions[k] != static_cast<std::size_t>(r.decision));
        index = index * states_of(space_, r) + (r.option < 0 ? states[k] : taken(r, states[k]));
      }
      return table[index];
    });
    factors_.push_back(std::move(made));
  }

  architecture solve() {
    std::set<std::size_t> left;
    for (std::size_t i = 0; i < space_.size(); ++i)
      left.insert(i);
    while (!left.empty()) {
      auto const next = *std::ranges::min_element(left, {}, [&](std::size_t i) { return table_size(coupled_with(i)); });
      eliminate(next);
      left.erase(next);
    }
    return read_backwards();
  }

private:
  // The best state of a decision for each state of those around it.
  struct step {
    std::size_t decision;
    factor<std::uint32_t> best;
  };

  [[nodiscard]] bool is_absent(std::size_t i, std::size_t state) const {
    return space_[i].parent >= 0 && state + 1 == sizes_[i];
  }
  [[nodiscard]] std::uint32_t value_of(std::size_t i, std::size_t state) const {
    if (is_absent(i, state))
      return 0;
    return values_[i].empty() ? static_cast<std::uint32_t>(state) : values_[i][state];
  }
  [[nodiscard]] std::size_t taken(reading const& r, std::size_t state) const {
    auto const i = static_cast<std::size_t>(r.decision);
    return static_cast<std::size_t>(!is_absent(i, state) &&
                                    takes(space_[i], value_of(i, state), static_cast<std::size_t>(r.option)));
  }

  [[nodiscard]] std::size_t table_size(std::vector<std::size_t> const& decisions) const {
    std::size_t size = 1;
    for (auto const i : decisions)
      size = std::min(size * sizes_[i], largest_table + 1);
    return size;
  }

  void require_small(std::vector<std::size_t> const& decisions) const {
    if (table_size(decisions) <= largest_table)
      return;
    std::vector<std::string> paths;
    for (auto const i : decisions)
      paths.push_back(space_[i].path);
    throw user_error(fmt::format("the cost couples {} in more than {} ways, too many to find its smallest and largest: "
                                 "decide fewer of them separately",
                                 fmt::join(paths, ", "), largest_table));
  }

  // Calls `value` with every combination of states, in the order of the table.
  template <class Number2, class Value>
  void fill(factor<Number2>& made, Value value) const {
    require_small(made.decisions);
    auto const size = table_size(made.decisions);
    std::vector<std::size_t> states(made.decisions.size());
    for (std::size_t entry = 0; entry < size; ++entry) {
      made.table.push_back(value(states));
      for (std::size_t k = states.size(); k-- > 0 && ++states[k] == sizes_[made.decisions[k]];)
        states[k] = 0;
    }
  }

  void add_existence(std::size_t child) {
    auto const parent = static_cast<std::size_t>(space_[child].parent);
    factor<Number> made{{parent, child}, {}};
    fill(made, [&](std::vector<std::size_t> const& states) {
      bool const exists =
          !is_absent(parent, states[0]) && exists_where(space_[child], space_[parent], value_of(parent, states[0]));
      return exists == !is_absent(child, states[1]) ? Number{} : forbidden<Number>;
    });
    factors_.push_back(std::move(made));
  }

  void add_group(constraint_group const& group) {
    factor<Number> made{{group.decisions.begin(), group.decisions.end()}, {}};
    std::ranges::sort(made.decisions);
    std::set<std::vector<std::uint32_t>> allowed;
    for (auto const& row : group.allowed) {
      std::vector<std::uint32_t> values;
      for (auto const i : made.decisions)
        values.push_back(row[static_cast<std::size_t>(std::ranges::find(group.decisions, static_cast<int>(i)) -
                                                      group.decisions.begin())]);
      allowed.insert(values);
    }
    fill(made, [&](std::vector<std::size_t> const& states) {
      std::vector<std::uint32_t> values;
      bool any_absent = false;
      for (std::size_t k = 0; k < states.size(); ++k) {
        any_absent = any_absent || is_absent(made.decisions[k], states[k]);
        values.push_back(value_of(made.decisions[k], states[k]));
      }
      return any_absent || allowed.contains(values) ? Number{} : forbidden<Number>;
    });
    factors_.push_back(std::move(made));
  }

  // The decisions that factors couple with this one.
  [[nodiscard]] std::vector<std::size_t> coupled_with(std::size_t decision) const {
    std::set<std::size_t> found;
    for (auto const& f : factors_)
      if (std::ranges::binary_search(f.decisions, decision))
        found.insert(f.decisions.begin(), f.decisions.end());
    found.erase(decision);
    return {found.begin(), found.end()};
  }

  void eliminate(std::size_t decision) {
    auto const around = coupled_with(decision);
    auto const first = std::partition(factors_.begin(), factors_.end(), [&](auto const& f) {
      return !std::ranges::binary_search(f.decisions, decision);
    });
    std::vector<factor<Number>> const joined(std::make_move_iterator(first), std::make_move_iterator(factors_.end()));
    factors_.erase(first, factors_.end());
    factor<Number> least{around, {}};
    step made{decision, {around, {}}};
    fill(least, [&](std::vector<std::size_t> const& states) {
      for (std::size_t k = 0; k < around.size(); ++k)
        state_[around[k]] = states[k];
      auto smallest = forbidden<Number>;
      std::uint32_t best = 0;
      for (std::size_t s = 0; s < sizes_[decision]; ++s) {
        state_[decision] = s;
        Number total{};
        for (auto const& f : joined)
          total = sum(total, f.table[index_in(f)]);
        if (total < smallest) {
          smallest = total;
          best = static_cast<std::uint32_t>(s);
        }
      }
      made.best.table.push_back(best);
      return smallest;
    });
    factors_.push_back(std::move(least));
    steps_.push_back(std::move(made));
  }

  template <class Number2>
  [[nodiscard]] std::size_t index_in(factor<Number2> const& f) const {
    std::size_t index = 0;
    for (auto const i : f.decisions)
      index = index * sizes_[i] + state_[i];
    return index;
  }

  architecture read_backwards() {
    architecture a{std::vector<std::uint32_t>(space_.size())};
    for (std::size_t k = steps_.size(); k-- > 0;) {
      auto const i = steps_[k].decision;
      state_[i] = steps_[k].best.table[index_in(steps_[k].best)];
      a.values[i] = value_of(i, state_[i]);
    }
    return a;
  }

  decision_space const& space_;
  std::vector<std::vector<std::uint32_t>> values_;
  std::vector<std::size_t> sizes_;
  std::vector<factor<Number>> factors_;
  std::vector<step> steps_;
  std::vector<std::size_t> state_ = std::vector<std::size_t>(space_.size());
};

long long number(operation_cost const& cost, long long operation_cost::*which) {
  return cost.*which;
}

double number(double cost, std::monostate /*which*/) {
  return cost;
}

template <class Value>
architecture least(cost_sum<Value> const& costs, typename cost_sum<Value>::key which, bool is_largest_meant) {
  using type = decltype(number(Value{}, which));
  if (auto const& chains = costs.space().chains(); !chains.empty())
    throw user_error(fmt::format("the smallest and largest cost are not known where {} begins a chain of layers",
                                 costs.space()[static_cast<std::size_t>(chains.front().decisions.front())].path));
  elimination<type> solver{costs.space()};
  for (auto const& term : costs.terms()) {
    std::vector<type> table;
    for (auto const& v : term.table)
      table.push_back(is_largest_meant ? -number(v, which) : number(v, which));
    solver.add_term(term.reads, table);
  }
  return solver.solve();
}

} // namespace

template <class Value>
architecture cost_sum<Value>::smallest(key which) const {
  if (extreme_)
    return extreme_(which, false);
  require_sum();
  return least(*this, which, false);
}

template <class Value>
architecture cost_sum<Value>::largest(key which) const {
  if (extreme_)
    return extreme_(which, true);
  require_sum();
  return least(*this, which, true);
}

template architecture cost_sum<operation_cost>::smallest(long long operation_cost::*) const;
template architecture cost_sum<operation_cost>::largest(long long operation_cost::*) const;
template architecture cost_sum<double>::smallest(std::monostate) const;
template architecture cost_sum<double>::largest(std::monostate) const;

} // namespace espalier::compiler
