#pragma once

#include "cost_distribution.hpp"
#include "shared_decisions.hpp"

#include <map>
#include <string>

namespace espalier::compiler {

/// What flows at one of several places that the same decisions shape: the outputs of the last two cells, and what
/// the enclosing block reads.
struct lane {
  dsl::tensor_type before;
  dsl::tensor_type now;
  dsl::tensor_type block_input;
  int stride = 1; ///< Of a cell's edge, until an operation uses it.

  bool operator==(lane const&) const = default;
  void set(dsl::tensor_type const& t) { before = now = t; }
};

/// All that the cost of what follows depends on.
struct situation {
  std::vector<lane> lanes;
  shared_values decided;

  bool operator==(situation const&) const = default;
  /// What a branch reads, or a candidate: no cell's output before that.
  [[nodiscard]] situation of_branch() const;
};

/// Situations, each once, and what the architectures that lead there cost.
class cost_table {
public:
  explicit cost_table(cost_limits const& limits) : limits_(limits) {}
  cost_table(cost_limits const& limits, situation s) : limits_(limits), rows_{{std::move(s), cost_distribution{}}} {}
  cost_table(cost_limits const& limits, situation s, cost_distribution const& costs)
      : limits_(limits), rows_{{std::move(s), costs}}, kept_(costs.size()) {}

  struct row {
    situation after;
    cost_distribution costs;
  };

  void add(situation const& after, cost_distribution const& costs);
  [[nodiscard]] std::vector<row>& rows() & { return rows_; }
  [[nodiscard]] std::vector<row> const& rows() const& { return rows_; }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

private:
  static constexpr std::size_t most_kept = std::size_t{1} << 23U;

  cost_limits limits_;
  std::vector<row> rows_;
  std::size_t kept_ = 0;
};

/// A place where a named cell stands: what it reads, and its channels there; stride and decisions are those of `at`.
struct placement {
  std::size_t at = 0;
  lane input;
  int channels = 0;

  bool operator==(placement const&) const = default;
};

/// \name Facts about a named cell that are remembered among decisions: how many of its nodes no other node reads, where
/// it has been met so far, how it is wired, and which inputs its nodes read
/// @{
inline std::uint64_t loose_ends_id(dsl::label const& name) {
  return dsl::detail::mixed(id_of(name), 77);
}
inline std::uint64_t places_id(dsl::label const& name) {
  return dsl::detail::mixed(id_of(name), 78);
}
inline std::uint64_t wiring_id(dsl::label const& name) {
  return dsl::detail::mixed(id_of(name), 79);
}
inline std::uint64_t inputs_read_id(dsl::label const& name) {
  return dsl::detail::mixed(id_of(name), 80);
}
/// @}

/// Where named cells stand that stand at several places, in the order of the network. A survey of the space finds them.
struct cell_placements {
  std::map<std::uint64_t, std::vector<placement>> of;
  bool vary = false; ///< Some place depends on decisions.
};

/// Walks a space in every combination of decisions, as long as they differ in what follows; adds up costs.
class cost_walk {
public:
  /// A survey writes `placements`, and counts nothing; otherwise they are read.
  cost_walk(dsl::space_view space, name_uses const& names, cost_limits const& limits, cell_placements& placements,
            bool is_survey)
      : space_(space), names_(names), limits_(limits), placements_(placements), is_survey_(is_survey) {}

  /// The whole space, where some shared decisions are given.
  cost_table run(shared_values const& given) { return walk(0, start(given), {}); }

  /// How many of about `all` architectures are within the limits. The costs of the space's first and second half are
  /// never told together: a half has about the square root of `all` architectures.
  dsl::cardinality count(shared_values const& given, double all);

private:
  /// Where in the space an operation is walked.
  struct context {
    std::uint64_t owner = 0; ///< The shared choice that holds it: decisions within are shared with it.
    std::size_t owner_at = 0;
    std::size_t owner_until = 0;
    std::uint64_t round = 0; ///< Of repetitions within that choice.
    bool is_edge = false;    ///< Of a cell that keeps some edges: none() is no option.

    bool operator==(context const&) const = default;
  };
  struct remembered {
    situation before;
    context in;
    cost_table after;
  };

  [[nodiscard]] situation start(shared_values const& given) const;
  cost_table walk(std::size_t i, situation const& s, context const& in);
  cost_table walk_anew(std::size_t i, situation const& s, context const& in);
  cost_table advance(cost_table const& table, std::size_t i, context const& in);
  cost_table walk_children(std::size_t i, situation const& s, context const& in);
  cost_table walk_block(std::size_t i, situation const& s, context const& in);
  cost_table walk_leaf(std::size_t i, situation const& s, context const& in);
  cost_table walk_choice(std::size_t i, situation const& s, context const& in);
  cost_table walk_branches(std::size_t i, situation const& s, context const& in);
  cost_table walk_repeat(std::size_t i, situation const& s, context const& in);
  cost_table walk_bridge(std::size_t i, situation const& s, context const& in);
  cost_table walk_skip_chain(std::size_t i, situation const& s);
  [[nodiscard]] cost_distribution costs_of_skips(int o, int layers, int every,
                                                 std::vector<dsl::operation_cost> const& reductions) const;
  cost_table walk_recurrent_cell(std::size_t i, situation const& s);
  cost_table walk_wiring(std::size_t i, situation const& s);
  cost_table walk_layer_chain(std::size_t i, situation const& s);
  cost_table walk_cell(std::size_t i, situation const& s);
  dsl::operation_cost run_leaf(std::size_t i, situation& s, context const& in) const;

  /// The situations in which every decision within some numbers is made.
  std::vector<situation> decide(std::vector<std::size_t> const& decisions, situation const& s, context const& in);
  [[nodiscard]] std::vector<std::size_t> decisions_of(std::size_t i) const;
  [[nodiscard]] std::vector<std::size_t> named_within(std::size_t i) const;
  [[nodiscard]] bool constraints_hold(std::size_t decision, situation const& s) const;
  [[nodiscard]] dsl::attribute_quantities numbers_of(std::size_t i, situation const& s, context const& in,
                                                     lane const& l) const;
  [[nodiscard]] std::uint64_t decision_id(std::size_t decision, context const& in) const;
  static void forget(situation& s, std::size_t ended);

  /// What all options of an edge cost, wherever the cell stands.
  cost_distribution edge_costs(std::size_t edge, std::vector<lane> const& from, shared_values const& decided,
                               bool none_stays);
  cost_table first_visit(std::size_t i, situation const& s, std::vector<placement> const& places);
  void survey_cell(placement const& here, situation& s);

  [[nodiscard]] cost_distribution costing(dsl::operation_cost const& c) const {
    return cost_distribution{is_survey_ ? dsl::operation_cost{} : limits_.bounded(c)};
  }
  [[noreturn]] void refuse(std::size_t i, std::string const& why) const;
  void require_alone(std::size_t i, situation const& s, context const& in) const;

  dsl::space_view space_;
  name_uses const& names_;
  cost_limits limits_;
  cell_placements& placements_;
  bool is_survey_;
  std::map<std::size_t, std::vector<remembered>> memory_;
};

} // namespace espalier::compiler
