#pragma once

#include <espalier/dsl/cardinality.hpp>
#include <espalier/dsl/evaluate.hpp>
#include <espalier/dsl/named_decisions.hpp>

namespace espalier::dsl::detail {

/// The named numbers that constraints of a space couple, grouped: two are in one group when a constraint reads both.
class constraint_groups {
public:
  static constexpr int capacity = 24;
  static constexpr long long max_combinations = 10'000;

  /// Calls `visit(i)` for each decision within a number. (Clang wants it before its uses.)
  template <class Visit>
  static constexpr void for_each_decision(space_view space, std::size_t number, Visit visit) {
    std::size_t const end = space.end(number);
    for (std::size_t i = number; i < end; ++i)
      if (space.is_decided_number(i)) {
        visit(i);
        i = space.end(i) - 1;
      }
  }

  constexpr explicit constraint_groups(space_view space) : space_(space) {
    for (std::size_t i = 0; i < space.nodes.size(); ++i)
      if (space.form(i) == structure::constraint)
        add_constraint(i);
  }

  /// The group of a named number, or -1 for one that no constraint reads.
  [[nodiscard]] constexpr int group_of(std::uint64_t id) const {
    for (int v = 0; v < variables_; ++v)
      if (id_[v] == id)
        return group_[v];
    return -1;
  }
  /// The group of a constraint; -1 where it reads nothing.
  [[nodiscard]] constexpr int group_of_constraint(std::size_t i) const {
    int group = -1;
    for_each_decision(space_, i + 1, [&](std::size_t d) { group = group_of(identity(space_[d].name)); });
    return group;
  }
  /// Whether constraint `i` is the first one of its group.
  [[nodiscard]] constexpr bool is_first(std::size_t i) const {
    auto const group = group_of_constraint(i);
    for (std::size_t k = 0; k < i; ++k)
      if (space_.form(k) == structure::constraint && group_of_constraint(k) == group)
        return false;
    return true;
  }

  /// How many decisions the constraints read; more than `capacity` where they are too many.
  [[nodiscard]] constexpr int decisions() const { return variables_ + (overflows_ ? 1 : 0); }

  /// How many combinations of a group's numbers there are, and how many satisfy its constraints.
  struct tally {
    long long satisfying = 0;
    long long all = 1;
  };
  [[nodiscard]] constexpr tally count(int group) const {
    tally t;
    for (int v = 0; v < variables_; ++v)
      if (group_[v] == group) {
        t.all *= number_evaluator{space_}.options(at_[v]);
        if (t.all > max_combinations)
          return t;
      }
    number_evaluator evaluate{space_};
    constraint_list all;
    for (std::size_t i = 0; i < space_.nodes.size(); ++i)
      if (space_.form(i) == structure::constraint && group_of_constraint(i) == group)
        all.add(i);
    t.satisfying = count_from(0, group, evaluate, all);
    return t;
  }

private:
  constexpr void add_constraint(std::size_t i) {
    int group = -1;
    for_each_decision(space_, i + 1, [&](std::size_t d) {
      auto const id = identity(space_[d].name);
      int v = 0;
      while (v < variables_ && id_[v] != id)
        ++v;
      if (v == capacity) {
        overflows_ = true;
        return;
      }
      if (v == variables_)
        id_[variables_] = id, at_[variables_] = d, group_[variables_++] = group < 0 ? groups_++ : group;
      else if (group >= 0 && group_[v] != group)
        merge(group_[v], group);
      group = group_[v];
    });
  }
  constexpr void merge(int from, int into) {
    for (int v = 0; v < variables_; ++v)
      if (group_[v] == from)
        group_[v] = into;
  }

  struct constraint_list {
    std::size_t items[capacity]{};
    int count = 0;
    constexpr void add(std::size_t i) {
      if (count < capacity)
        items[count++] = i;
    }
  };

  // How many combinations of the numbers from `v` on satisfy the constraints, those before being given.
  constexpr long long count_from(int v, int group, number_evaluator& evaluate, constraint_list const& all) const {
    bool is_certain = true;
    for (int c = 0; c < all.count; ++c) {
      auto const truth = evaluate(all.items[c] + 1, trend::neutral);
      if (truth.is(0))
        return 0;
      is_certain = is_certain && truth.is(1);
    }
    while (v < variables_ && group_[v] != group)
      ++v;
    if (v == variables_)
      return is_certain ? 1 : 0;
    auto const options = evaluate.options(at_[v]);
    if (is_certain)
      return options * count_from(v + 1, group, evaluate, all);
    long long satisfying = 0;
    for (long long o = 0; o < options; ++o) {
      evaluate.given.push(id_[v], evaluate.option(at_[v], o));
      satisfying += count_from(v + 1, group, evaluate, all);
      evaluate.given.pop();
    }
    return satisfying;
  }

  space_view space_;
  std::uint64_t id_[capacity]{};
  std::size_t at_[capacity]{};
  int group_[capacity]{};
  int variables_ = 0;
  int groups_ = 0;
  bool overflows_ = false;
};

} // namespace espalier::dsl::detail
