#pragma once

#include <espalier/dsl/count.hpp>
#include <espalier/dsl/decisions.hpp>
#include <espalier/dsl/message.hpp>

#include <utility>

namespace espalier::dsl {

/// Never defined: where a space breaks a rule, the compiler prints this with the sentence.
template <message_text... Sentence>
struct invalid_search_space;

namespace detail {

// Two constants, since clang limits the steps that one may take.
template <const auto& Space>
inline constexpr check_result declared = check_declarations(Space.view());
template <const auto& Space>
inline constexpr check_result checked = declared<Space>.is_declared ? check_shapes(Space.view()) : declared<Space>;

template <const auto& Space>
inline constexpr finding found_in = checked<Space>.findings.count > 0 ? checked<Space>.findings.items[0] : finding{};

template <const auto& Space>
consteval auto sentence() {
  constexpr auto whole = message_of(Space.view(), found_in<Space>);
  message_text<whole.size()> made;
  for (std::size_t i = 0; i < whole.size(); ++i)
    made.characters[i] = whole.characters[i];
  return made;
}

template <const auto& Space, bool Broken = found_in<Space>.problem.broken != rule::none>
struct verdict {};
#ifdef __clang__
// clang prints no more than 32 characters of a text: it gets the sentence in pieces.
template <const auto& Space, std::size_t Piece>
consteval auto piece() {
  constexpr auto whole = sentence<Space>();
  message_text<30> made;
  for (std::size_t i = 0; i < 30; ++i) // clang prints characters as numbers where many are 0
    made.characters[i] = 30 * Piece + i < whole.size() ? whole.characters[30 * Piece + i] : ' ';
  return made;
}
template <const auto& Space, class Pieces>
struct refusal;
template <const auto& Space, std::size_t... Piece>
struct refusal<Space, std::index_sequence<Piece...>> {
  char refused[sizeof(invalid_search_space<piece<Space, Piece>()...>)];
};
template <const auto& Space>
struct verdict<Space, true> : refusal<Space, std::make_index_sequence<(sentence<Space>().size() + 29) / 30>> {};
#else
template <const auto& Space>
struct verdict<Space, true> {
  char refused[sizeof(invalid_search_space<sentence<Space>()>)];
};
#endif

/// Refuses to compile where a rule is broken, once for a space. Facts are computed all the same where they can be, so
/// that nothing else is reported.
template <const auto& Space>
inline constexpr bool is_valid = sizeof(verdict<Space>) > 0;

/// The exact least or greatest cost, by branch and bound over the named numbers: bounds hold in every combination of
/// what is open, and the corner where each number is at its cheaper, or dearer, end often reaches them at once.
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

  // A named number, and how the cost follows it.
  struct variable {
    std::size_t at = 0;
    std::uint64_t id = 0;
    bool rises = false;
    bool falls = false;
    bool is_constrained = false;

    // What is best for one use or for the cost may not be allowed, or not for another use.
    [[nodiscard]] constexpr bool must_be_given() const { return is_constrained || (rises && falls); }
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

  constexpr void add(std::size_t at, trend follows, bool constrains) {
    auto const id = identity(space_[at].name);
    int v = 0;
    while (v < count_ && open_[v].id != id)
      ++v;
    if (v == assignment::capacity) {
      gave_up_ = true;
      return;
    }
    if (v == count_)
      open_[count_++] = {at, id};
    open_[v].rises = open_[v].rises || follows == trend::rises;
    open_[v].falls = open_[v].falls || follows == trend::falls;
    open_[v].is_constrained = open_[v].is_constrained || constrains;
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
    for (long long o = 0; o < evaluate.options(v.at); ++o)
      if (auto const value = evaluate.option(v.at, o); value != first && visit(value))
        return true;
    return false;
  }
  [[nodiscard]] constexpr long long better_end(variable const& v) const {
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
    if (found_ && optimistic >= best_)
      return;
    if (!all.is_exact() || ++evaluations_ > max_evaluations) {
      gave_up_ = true;
      return;
    }
    auto chosen = given;
    if (!complete(chosen))
      return;
    long long const reached =
        is_known ? known : bound(analysis{space_, greatest_ ? corner::dearest : corner::cheapest, chosen}.run());
    if (!found_ || reached < best_)
      best_ = reached, found_ = true;
    if (reached == optimistic)
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
      search(narrower, value == here, reached);
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

// Whether a number is a decision, or the width of a cell follows from decisions.
constexpr bool has_open_numbers(space_view space) {
  for (node const& n : space.nodes)
    if (n.decided != 0 || (n.declaration == &declaration_of<operations::cell> && n.attributes[6] == 1))
      return true;
  return false;
}

// The cost where every number is at its cheaper, or its dearer, end: without open numbers, what the check has found.
template <const auto& Space, bool Greatest>
inline constexpr cost_bounds
    corner_of = has_open_numbers(Space.view())
                    ? analysis{Space.view(), Greatest ? corner::dearest : corner::cheapest}.run()
                    : checked<Space>.bounds;

template <const auto& Space>
inline constexpr bool has_corner = extreme_cost{Space.view(), 0, false}.has_corner();

template <const auto& Space, bool Greatest>
inline constexpr auto pivots_of = extreme_cost{Space.view(), 0, Greatest}.pivots_of(checked<Space>.loose);

// Bounds of all architectures in which a pivot is not at its better end, but all before it are.
template <const auto& Space, bool Greatest, int Pivot>
inline constexpr cost_bounds bounds_elsewhere = [] {
  auto given = pivots_of<Space, Greatest>.ends;
  given.count = Pivot;
  given.without_id = given.ids[Pivot];
  given.without = given.values[Pivot];
  return analysis{Space.view(), corner::all, given}.run();
}();

// Whether no architecture in which a pivot is not at its better end beats the corner.
template <const auto& Space, int Key, bool Greatest, int... Pivot>
consteval bool none_is_better_elsewhere(long long corner, std::integer_sequence<int, Pivot...>) {
  if constexpr (Greatest)
    return ((bounds_elsewhere<Space, Greatest, Pivot>.greatest[Key] <= corner) && ...);
  else
    return ((bounds_elsewhere<Space, Greatest, Pivot>.least[Key] >= corner) && ...);
}

template <const auto& Space, int Key, bool Greatest>
inline constexpr long long looseness = [] {
  long long sum = 0;
  checked<Space>.loose.for_each(Greatest, [&](loose_costs::entry const& e) { sum += e.gap[Key]; });
  return sum;
}();

// Whether the bounds are reached where every number is at its better end; or would be, were they not loose where
// decisions may agree. In that case they are tight with the pivots at their ends, and only elsewhere could be better.
template <const auto& Space, int Key, bool Greatest>
consteval bool is_reached_at_corner() {
  if constexpr (checked<Space>.is_exact && has_corner<Space>) {
    constexpr auto side = Greatest ? &cost_bounds::greatest : &cost_bounds::least;
    constexpr long long corner = (corner_of<Space, Greatest>.*side)[Key];
    constexpr long long bound = (checked<Space>.bounds.*side)[Key];
    constexpr long long gap = Greatest ? bound - corner : corner - bound;
    if constexpr (gap == 0)
      return true;
    else if constexpr (constexpr auto const& pivots = pivots_of<Space, Greatest>;
                       pivots.is_known && gap == looseness<Space, Key, Greatest>)
      return none_is_better_elsewhere<Space, Key, Greatest>(corner,
                                                            std::make_integer_sequence<int, pivots.ends.count>{});
    else
      return false;
  } else {
    return false;
  }
}

template <const auto& Space, int Key, bool Greatest>
consteval long long extreme_of_declared() {
  if constexpr (is_reached_at_corner<Space, Key, Greatest>()) {
    constexpr auto side = Greatest ? &cost_bounds::greatest : &cost_bounds::least;
    return (corner_of<Space, Greatest>.*side)[Key];
  } else {
    constexpr auto found = [] {
      extreme_cost search{Space.view(), Key, Greatest};
      auto const value = search.run();
      return search.is_settled() ? value : -1;
    }();
    static_assert(found_in<Space>.problem || found >= 0,
                  "the extreme cost of this space is not known at compile time: its shapes depend on "
                  "decisions that no bound settles; ask the command: espalier describe");
    return found;
  }
}

template <const auto& Space, int Key, bool Greatest>
consteval long long extreme() {
  static_assert(is_valid<Space>);
  if constexpr (checked<Space>.is_declared)
    return extreme_of_declared<Space, Key, Greatest>();
  else
    return 0;
}

} // namespace detail

/// Whether no rule is broken. Where one is, the compiler says which.
template <const auto& Space>
consteval bool valid() {
  return detail::is_valid<Space>;
}

/// How many architectures `Space` holds, exactly; budgets are not counted.
template <const auto& Space>
consteval cardinality count() {
  static_assert(detail::is_valid<Space>);
  if constexpr (detail::checked<Space>.is_declared)
    return count_architectures(Space.view());
  else
    return 0;
}

/// How many decisions an architecture of `Space` may have to say.
template <const auto& Space>
consteval long long decisions() {
  static_assert(detail::is_valid<Space>);
  if constexpr (detail::checked<Space>.is_declared)
    return count_decisions(Space.view());
  else
    return 0;
}

/// \name The exact least and greatest of all architectures: trainable numbers with batch normalization's, and
/// multiply-adds of convolutions and linear layers for one example
/// @{
template <const auto& Space>
consteval long long min_params() {
  return detail::extreme<Space, 0, false>();
}
template <const auto& Space>
consteval long long max_params() {
  return detail::extreme<Space, 0, true>();
}
template <const auto& Space>
consteval long long min_macs() {
  return detail::extreme<Space, 1, false>();
}
template <const auto& Space>
consteval long long max_macs() {
  return detail::extreme<Space, 1, true>();
}
/// @}

/// Whether some architecture of `Space` keeps a budget.
template <const auto& Space>
consteval bool fits(params most) {
  return min_params<Space>() <= most.value;
}
template <const auto& Space>
consteval bool fits(macs most) {
  return min_macs<Space>() <= most.value;
}

} // namespace espalier::dsl
