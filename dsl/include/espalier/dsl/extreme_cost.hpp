#pragma once

#include <espalier/dsl/check.hpp>

namespace espalier::dsl::detail {

/// The exact least or greatest cost, by branch and bound over the named numbers and over what the wiring of cells
/// decides: bounds hold in every combination of what is open, and the corner where each number is at its cheaper, or
/// dearer, end often reaches them at once.
class extreme_cost {
public:
  constexpr extreme_cost(space_view space, int key, bool greatest) : space_(space), key_(key), greatest_(greatest) {
    for (std::size_t i = 0; i < space.nodes.size(); ++i) {
      bool const constrains = space.form(i) == structure::constraint;
      has_constraint_ = has_constraint_ || constrains;
      if (space[i].decided != 0 && space.form(i) != structure::number)
        space.for_each_number(i, [&](std::size_t a, std::size_t number) {
          collect(number, space[i].declaration->attributes[a].rules.cost, constrains);
        });
      if (space.form(i) == structure::cell)
        collect_wiring(i);
    }
  }

  /// Whether every number can be at its cheaper, or dearer, end at once.
  [[nodiscard]] constexpr bool has_corner() const {
    for (int v = 0; v < count_; ++v)
      if (open_[v].must_be_given())
        return false;
    return !gave_up_;
  }

  /// The numbers that tighten loose bounds where they are at their better end; first those that tighten most.
  struct pivots {
    assignment ends{};
    long long gaps[assignment::capacity]{};
    bool is_known = true;

    /// Where this pivot is not at its better end, but all before it are.
    [[nodiscard]] constexpr assignment elsewhere(int pivot) const {
      auto given = ends;
      given.count = pivot;
      given.without_id = ends.ids[pivot];
      given.without = ends.values[pivot];
      return given;
    }
  };
  [[nodiscard]] constexpr pivots pivots_of(loose_costs const& loose) const {
    pivots found;
    loose.for_each(greatest_, [&](loose_costs::entry const& e) {
      for (auto const id : e.ids)
        if (id != 0)
          add_pivot(found, id, e.gap[0]);
    });
    return found;
  }

  /// The cost; `is_settled()` says whether it is exact.
  constexpr long long run() {
    search({}, false, 0);
    return greatest_ ? -best_ : best_;
  }
  [[nodiscard]] constexpr bool is_settled() const { return found_ && !gave_up_; }

private:
  static constexpr int max_evaluations = 400;

  // A named number, and how the cost follows it; or what a cell's wiring decides, from 1 to `most`.
  struct variable {
    std::size_t at = 0;
    std::uint64_t id = 0;
    int most = 0;
    bool rises = false;
    bool falls = false;
    bool is_constrained = false;

    // What is best for one use or for the cost may not be allowed, or not for another use.
    [[nodiscard]] constexpr bool must_be_given() const { return most > 0 || is_constrained || (rises && falls); }
  };

  constexpr void collect(std::size_t number, trend follows, bool constrains) {
    if (space_.is_decided_number(number)) {
      if (!space_[number].name.empty())
        add(number, follows, constrains);
      return;
    }
    trend const second = trend_of_second(space_[number].declaration, follows);
    bool is_first = true;
    for (std::size_t k = number + 1; k < space_.end(number); k = space_.next(k), is_first = false)
      collect(k, is_first ? follows : second, constrains);
  }

  constexpr void collect_wiring(std::size_t cell) {
    cell_shape const c{quantities_of(space_[cell].attributes)};
    cell_facts const facts{identity(space_[cell].name)};
    if (c.has_open_inputs())
      add({cell, facts.inputs_read(), 3});
    if (c.has_open_ends())
      add({cell, facts.loose_ends(), c.nodes});
  }

  constexpr void add(std::size_t at, trend follows, bool constrains) {
    add({at, identity(space_[at].name), 0, follows == trend::rises, follows == trend::falls, constrains});
  }
  constexpr void add(variable const& use) {
    int v = 0;
    while (v < count_ && open_[v].id != use.id)
      ++v;
    if (v == assignment::capacity) {
      gave_up_ = true;
      return;
    }
    if (v == count_)
      open_[count_++] = use;
    open_[v].rises = open_[v].rises || use.rises;
    open_[v].falls = open_[v].falls || use.falls;
    open_[v].is_constrained = open_[v].is_constrained || use.is_constrained;
  }

  constexpr void add_pivot(pivots& found, std::uint64_t id, long long gap) const {
    if (found.ends.find(id) != nullptr)
      return;
    int v = 0;
    while (v < count_ && open_[v].id != id)
      ++v;
    if (v == count_ || !open_[v].rises || open_[v].falls) {
      found.is_known = false;
      return;
    }
    int p = found.ends.count;
    found.ends.push(id, better_end(open_[v]));
    found.gaps[p] = gap;
    for (; p > 0 && found.gaps[p - 1] < found.gaps[p]; --p) {
      std::swap(found.gaps[p - 1], found.gaps[p]);
      std::swap(found.ends.ids[p - 1], found.ends.ids[p]);
      std::swap(found.ends.values[p - 1], found.ends.values[p]);
    }
  }

  // The smaller the better: the greatest cost is the least of the negative.
  [[nodiscard]] constexpr long long bound(cost_bounds const& b) const {
    return greatest_ ? -b.greatest[key_] : b.least[key_];
  }

  // Whether no constraint fails with what is given.
  [[nodiscard]] constexpr bool may_hold(assignment const& given) const {
    if (!has_constraint_)
      return true;
    number_evaluator const evaluate{space_, corner::all, given};
    for (std::size_t i = 0; i < space_.nodes.size(); ++i)
      if (space_.form(i) == structure::constraint && evaluate(i + 1, trend::neutral).is(0))
        return false;
    return true;
  }

  // Calls `visit(value)` for each option of a number, the one at the better end first, until it says true.
  template <class Visit>
  constexpr bool any_option(variable const& v, Visit visit) const {
    number_evaluator const evaluate{space_};
    auto const first = better_end(v);
    if (visit(first))
      return true;
    for (long long o = 0; o < (v.most > 0 ? v.most : evaluate.options(v.at)); ++o)
      if (auto const value = v.most > 0 ? o + 1 : evaluate.option(v.at, o); value != first && visit(value))
        return true;
    return false;
  }
  [[nodiscard]] constexpr long long better_end(variable const& v) const {
    if (v.most > 0)
      return greatest_ ? v.most : 1;
    auto const all = number_evaluator{space_}(v.at, trend::neutral);
    return greatest_ == v.falls ? all.low : all.high;
  }

  // Gives values to the numbers that must have one, so that every constraint holds.
  constexpr bool complete(assignment& given, int v = 0) const {
    while (v < count_ && (!open_[v].must_be_given() || given.find(open_[v].id) != nullptr))
      ++v;
    if (v == count_)
      return true;
    auto const outer = given.count;
    return any_option(open_[v], [&](long long value) {
      given.count = outer;
      given.push(open_[v].id, value);
      return may_hold(given) && complete(given, v + 1);
    });
  }

  // The number that would tighten the bounds most, or the next one.
  [[nodiscard]] constexpr variable const* next(loose_costs const& loose, assignment const& given) const {
    variable const* widest = nullptr;
    long long gap = -1;
    for (int v = 0; v < count_; ++v) {
      if (given.find(open_[v].id) != nullptr)
        continue;
      long long own = 0;
      loose.for_each(greatest_, [&](loose_costs::entry const& e) {
        if (e.ids[0] == open_[v].id || e.ids[1] == open_[v].id)
          own += e.gap[key_];
      });
      if (own > gap)
        gap = own, widest = &open_[v];
    }
    return widest;
  }

  // Where `is_known`, the architecture at the better ends costs `known`.
  constexpr void search(assignment const& given, bool is_known, long long known) {
    if (gave_up_ || !may_hold(given))
      return;
    analysis all{space_, corner::all, given};
    auto const optimistic = bound(all.run());
    if (all.is_impossible() || (found_ && optimistic >= best_))
      return;
    if (!all.is_exact() || ++evaluations_ > max_evaluations) {
      gave_up_ = true;
      return;
    }
    auto chosen = given;
    if (!complete(chosen))
      return;
    if (!is_known) {
      analysis at_ends{space_, greatest_ ? corner::dearest : corner::cheapest, chosen};
      known = bound(at_ends.run());
      is_known = at_ends.is_exact() && !at_ends.is_impossible();
    }
    if (is_known && (!found_ || known < best_))
      best_ = known, found_ = true;
    if (is_known && known == optimistic)
      return;
    auto const* const v = next(all.loose(), given);
    if (v == nullptr) {
      gave_up_ = true;
      return;
    }
    auto const* const chosen_value = chosen.find(v->id);
    auto const here = chosen_value != nullptr ? *chosen_value : better_end(*v);
    any_option(*v, [&](long long value) {
      auto narrower = given;
      narrower.push(v->id, value);
      search(narrower, is_known && value == here, known);
      return gave_up_;
    });
  }

  space_view space_;
  int key_;
  bool greatest_;
  variable open_[assignment::capacity]{};
  int count_ = 0;
  bool has_constraint_ = false;
  long long best_ = 0;
  bool found_ = false;
  bool gave_up_ = false;
  int evaluations_ = 0;
};

} // namespace espalier::dsl::detail
