#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace espalier::compiler {

/// A cost, or what is forbidden: more than any cost.
template <class Number>
constexpr Number forbidden = std::numeric_limits<Number>::max();

/// A summand over some variables, in rising order; of its table's entries the last variable varies fastest.
template <class Number>
struct factor {
  std::vector<std::size_t> variables;
  std::vector<Number> table;
};

/// More combinations of the states of coupled variables than a table is meant to hold.
struct too_coupled {
  std::vector<std::size_t> variables;
};

/// The states of least sum by variable elimination (Dechter, "Bucket elimination: A unifying framework for reasoning",
/// 1999): one variable after the other is replaced by the best that it can be for each state of those it is coupled
/// with, the one that leaves the smallest table first; then the best states are read backwards. Throws `too_coupled`.
template <class Number>
class elimination {
public:
  /// How many states each variable has.
  explicit elimination(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), state_(sizes_.size()) {}

  /// A factor whose entries `value(states)` gives.
  template <class Value>
  void add(std::vector<std::size_t> variables, Value value) {
    factor<Number> made{std::move(variables), {}};
    fill(made, value);
    factors_.push_back(std::move(made));
  }

  std::vector<std::size_t> solve() {
    for (auto const variable : order())
      eliminate(variable);
    for (std::size_t k = steps_.size(); k-- > 0;)
      state_[steps_[k].variable] = steps_[k].best.table[index_in(steps_[k].best)];
    return state_;
  }

private:
  static constexpr std::size_t largest_table = std::size_t{1} << 23U;

  // The best state of a variable for each state of those around it.
  struct step {
    std::size_t variable;
    factor<std::uint32_t> best;
  };

  template <class Variables>
  [[nodiscard]] std::size_t table_size(Variables const& variables) const {
    std::size_t size = 1;
    for (auto const i : variables)
      size = std::min(size * sizes_[i], largest_table + 1);
    return size;
  }

  // In which order to eliminate; what is coupled with a variable is coupled when that is gone.
  [[nodiscard]] std::vector<std::size_t> order() const {
    std::vector<std::set<std::size_t>> around(sizes_.size());
    for (auto const& f : factors_)
      for (auto const i : f.variables)
        around[i].insert(f.variables.begin(), f.variables.end());
    std::vector<std::size_t> tables;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      around[i].erase(i);
      tables.push_back(table_size(around[i]));
    }
    std::set<std::size_t> left;
    for (std::size_t i = 0; i < sizes_.size(); ++i)
      left.insert(i);
    std::vector<std::size_t> found;
    while (!left.empty()) {
      auto const next = *std::ranges::min_element(left, {}, [&](std::size_t i) { return tables[i]; });
      if (tables[next] > largest_table)
        throw too_coupled{{around[next].begin(), around[next].end()}};
      for (auto const i : around[next]) {
        around[i].insert(around[next].begin(), around[next].end());
        around[i].erase(i), around[i].erase(next);
        tables[i] = table_size(around[i]);
      }
      left.erase(next);
      found.push_back(next);
    }
    return found;
  }

  // Calls `value` with every combination of states, in the order of the table.
  template <class Number2, class Value>
  void fill(factor<Number2>& made, Value value) const {
    auto const size = table_size(made.variables);
    if (size > largest_table)
      throw too_coupled{made.variables};
    std::vector<std::size_t> states(made.variables.size());
    for (std::size_t entry = 0; entry < size; ++entry) {
      made.table.push_back(value(states));
      for (std::size_t k = states.size(); k-- > 0 && ++states[k] == sizes_[made.variables[k]];)
        states[k] = 0;
    }
  }

  // The variables that factors couple with this one.
  [[nodiscard]] std::vector<std::size_t> coupled_with(std::size_t variable) const {
    std::set<std::size_t> found;
    for (auto const& f : factors_)
      if (std::ranges::binary_search(f.variables, variable))
        found.insert(f.variables.begin(), f.variables.end());
    found.erase(variable);
    return {found.begin(), found.end()};
  }

  void eliminate(std::size_t variable) {
    auto const around = coupled_with(variable);
    auto const first = std::partition(factors_.begin(), factors_.end(), [&](auto const& f) {
      return !std::ranges::binary_search(f.variables, variable);
    });
    std::vector<factor<Number>> const joined(std::make_move_iterator(first), std::make_move_iterator(factors_.end()));
    factors_.erase(first, factors_.end());
    factor<Number> least{around, {}};
    step made{variable, {around, {}}};
    fill(least, [&](std::vector<std::size_t> const& states) {
      for (std::size_t k = 0; k < around.size(); ++k)
        state_[around[k]] = states[k];
      auto smallest = forbidden<Number>;
      std::uint32_t best = 0;
      for (std::size_t s = 0; s < sizes_[variable]; ++s) {
        state_[variable] = s;
        auto const total = sum_of(joined);
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

  [[nodiscard]] Number sum_of(std::vector<factor<Number>> const& joined) const {
    Number total{};
    for (auto const& f : joined) {
      auto const own = f.table[index_in(f)];
      if (own == forbidden<Number>)
        return own;
      total += own;
    }
    return total;
  }

  template <class Number2>
  [[nodiscard]] std::size_t index_in(factor<Number2> const& f) const {
    std::size_t index = 0;
    for (auto const i : f.variables)
      index = index * sizes_[i] + state_[i];
    return index;
  }

  std::vector<std::size_t> sizes_;
  std::vector<factor<Number>> factors_;
  std::vector<step> steps_;
  std::vector<std::size_t> state_;
};

} // namespace espalier::compiler
