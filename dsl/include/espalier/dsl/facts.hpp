#pragma once

#include <espalier/dsl/count.hpp>
#include <espalier/dsl/decisions.hpp>
#include <espalier/dsl/extreme_cost.hpp>
#include <espalier/dsl/valid.hpp>

namespace espalier::dsl {

namespace detail {

// Whether a number is a decision.
constexpr bool has_open_numbers(space_view space) {
  for (node const& n : space.nodes)
    if (n.decided != 0)
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
  auto const given = pivots_of<Space, Greatest>.elsewhere(Pivot);
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
                       pivots.is_known && gap == checked<Space>.loose.sum(Greatest, Key))
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
                  "the extreme cost of this space is not known: its shapes depend on decisions that no bound settles");
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
