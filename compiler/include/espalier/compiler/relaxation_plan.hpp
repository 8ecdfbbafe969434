#pragma once

#include <espalier/compiler/cost_variable.hpp>
#include <espalier/compiler/weights.hpp>

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// Cases that decisions distinguish.
struct decided_cases {
  std::vector<cost_variable> reads; ///< In rising order.
  std::vector<std::size_t> states;  ///< How many each has.
  /// For each combination of states, the last varying fastest, its case; -1 where a constraint excludes it.
  std::vector<int> cases;
};

/// A value for each case; none where what it depends on is more than a table holds.
template <class T>
struct by_decisions : decided_cases {
  std::vector<T> values;

  [[nodiscard]] bool is_known() const { return !values.empty(); }
  [[nodiscard]] bool is_constant() const { return values.size() == 1; }
};

/// A leaf with constant numbers and exact types.
struct narrow_leaf {
  attribute_values numbers{};
  tensor_type in;
  index_ranges used; ///< Which channels of the widest operand it reads.
  tensor_type out;
  index_ranges made; ///< Which channels of the widest result it makes.

  bool operator==(narrow_leaf const&) const = default;
};

/// How a leaf runs under weights, so that one-hot ones mean one architecture.
enum class relaxed_form : std::uint8_t {
  constant,    ///< As it is: every architecture has all of it.
  channelwise, ///< At its widest: each channel depends on the same one of its operand.
  linear,      ///< At its widest, its tensors masked: absent channels of the operand add nothing.
  mixed        ///< The weighted sum of its narrow forms, each on its slices.
};

/// What relaxing needs to know of an operation.
struct relaxed_operation {
  relaxed_form form = relaxed_form::constant;
  by_decisions<narrow_leaf> leaves;       ///< Of a leaf: its narrow forms.
  by_decisions<std::vector<int>> windows; ///< Of a leaf at its widest: the sizes of its tensors' windows, in order.
  by_decisions<index_ranges> made;        ///< Which channels of the widest result there are.
  std::vector<by_decisions<char>> reads;  ///< Of a join that decides: whether it reads each operand.
};

/// How a supernet is relaxed: what each operation computes under weights on all options of all decisions.
struct relaxation_plan {
  std::map<std::string, relaxed_operation> operations; ///< By path: the names of blocks and its own, joined by dots.
  std::vector<derived_variable> derived;               ///< What the cases read, behind the decisions.
  std::string refusal; ///< Why the space cannot be relaxed, and what to do instead; empty where it can.
};

/// Plans it for an expanded graph. What decides the size of maps, or, by discrete structure, all shapes behind it, is
/// refused.
relaxation_plan plan_relaxation(graph const& expanded, decision_space const& space);

} // namespace espalier::compiler
