#pragma once

#include <espalier/compiler/decisions.hpp>

#include <compare>
#include <cstdint>
#include <vector>

namespace espalier::compiler {

/// What a cost depends on: the state of a decision, whether it takes an option, or what is derived from decisions.
///
/// States are counted from 0. Of a choice: its options, of a subset: its values as `subset_values` lists them; for a
/// decision that hangs on another, one state more means that it does not exist. With an option: 0 or 1, and 0 where the
/// decision does not exist.
struct cost_variable {
  int decision = 0; ///< From the number of decisions on: of what is derived.
  int option = -1;

  auto operator<=>(cost_variable const&) const = default;
};

/// What follows from decisions: whether any of some options is taken (1) or none (0); or the class of a value, of a
/// decision that always exists.
struct derived_variable {
  std::vector<cost_variable> any_of{}; ///< Options, each once; none where a value is classified.
  int decision = -1;                   ///< Whose value is classified.
  std::vector<std::uint8_t> class_of_value{};
  std::size_t classes = 2;

  bool operator==(derived_variable const&) const = default;
  [[nodiscard]] bool is_class() const { return any_of.empty(); }
};

/// How many states a variable has.
std::size_t states_of(decision_space const& space, std::vector<derived_variable> const& derived,
                      cost_variable const& v);

/// A summand of a cost: a value for every combination of the states it reads, the last variable varying fastest.
template <class Value>
struct cost_term {
  std::vector<cost_variable> reads; ///< In rising order, each once; of a decision either its state or options.
  std::vector<Value> table;
};

} // namespace espalier::compiler
