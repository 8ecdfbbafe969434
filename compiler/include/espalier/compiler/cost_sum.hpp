#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/cost_variable.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <variant>
#include <vector>

namespace espalier::compiler {

using dsl::operation_cost;

template <class Value>
class cost_sum;
/// The costs of an expanded graph.
cost_sum<operation_cost> sum_of_costs(graph const& expanded, decision_space const& space);

/// An expected cost, and its derivative by every weight.
struct expected_cost {
  double value = 0;
  std::vector<std::vector<double>> gradient;
};

/// The cost of every architecture of a space as a sum of terms, each over a few decisions: nothing is built to evaluate
/// it. `Value` is `operation_cost`, or `double` for a measured quantity such as latency.
template <class Value>
class cost_sum {
public:
  static constexpr bool is_counted = std::same_as<Value, operation_cost>;
  /// Which number of a `Value`: `&operation_cost::params`, `&operation_cost::macs`, or `{}`.
  using key = std::conditional_t<is_counted, long long operation_cost::*, std::monostate>;

  /// The space must outlive it. Terms that do not fit the decisions are an `internal_error`.
  cost_sum(decision_space const& space, std::vector<cost_term<Value>> terms,
           std::vector<derived_variable> derived = {});
  /// Of an expanded graph. Where its costs are no such sum (a shape depends on many decisions at once), each
  /// architecture is bound and its operations' costs are added; then nothing but `of` and `of_mutant` is known. Of a
  /// graph that decides nothing but one chain, the smallest and the largest are known, too.
  template <std::same_as<operation_cost> Counted = Value>
  cost_sum(graph const& expanded, decision_space const& space) : cost_sum(sum_of_costs(expanded, space)) {}
  /// A cost of which no sum is known, but where it is given the architecture of smallest or largest cost.
  cost_sum(decision_space const& space, std::function<Value(architecture const&)> of_architecture,
           std::function<architecture(key which, bool largest)> extreme = {});

  [[nodiscard]] Value of(architecture const& a) const;
  /// The cost of a mutant from its parent's, exactly: only terms that the decision `changed`, as `mutate_in_place`
  /// gives it, and what hangs on it or is coupled with it have a part in are evaluated (of a measured
  /// quantity all, since differences would add up rounding errors).
  [[nodiscard]] Value of_mutant(architecture const& mutant, int changed, architecture const& parent,
                                Value const& cost_of_parent) const;

  /// What each decision adds to the cost of `a`: a term counts at the last decision it reads. Behind the decisions,
  /// what is fixed.
  [[nodiscard]] std::vector<Value> shares(architecture const& a) const;

  /// The architecture of smallest or largest cost, exactly: values that another one beats in every context are left
  /// out, then variables eliminated; `which` picks a counted cost. Where terms couple too many decisions, a
  /// `user_error` names them.
  [[nodiscard]] architecture smallest(key which) const;
  [[nodiscard]] architecture largest(key which) const;

  /// The expectation where decisions are independent: `weights` holds the probability of each option of a choice, and
  /// that of keeping each option of a subset. Constraints are not looked at. A term that reads the state of a subset,
  /// which these do not determine, is a `user_error`.
  [[nodiscard]] expected_cost expected(std::vector<std::vector<double>> const& weights, key which) const;

  /// Whether it is a sum of terms.
  [[nodiscard]] bool is_sum() const { return of_architecture_ == nullptr; }
  [[nodiscard]] decision_space const& space() const { return *space_; }
  /// Terms of the same variables as one.
  [[nodiscard]] std::vector<cost_term<Value>> const& terms() const { return terms_; }
  [[nodiscard]] std::vector<derived_variable> const& derived() const { return derived_; }
  /// The decisions that a variable depends on, in rising order.
  [[nodiscard]] std::vector<std::size_t> decisions_of(cost_variable const& v) const;

private:
  // A term of the fewest that give the sum, over states that are read from an architecture.
  struct fast_read {
    std::uint32_t decision;
    std::uint32_t stride;
    std::uint32_t states;
    std::uint32_t ranks; // of a subset: by bit set, in `ranks_`
    int option;
    bool is_direct; // of a choice that hangs on nothing, or on a decision that hangs on nothing
    bool parent_is_subset;
    std::uint32_t parent;         // of a direct read; it exists
    std::uint64_t parent_options; // where the parent has one of these
  };
  struct fast_term {
    std::uint32_t first_read;
    std::uint32_t last_read;
    std::uint32_t table;
  };

  void add_fast(cost_term<Value> const& term);
  void index_terms();
  [[nodiscard]] std::uint32_t state(fast_read const& r, architecture const& a) const;
  [[nodiscard]] std::uint32_t state(derived_variable const& v, architecture const& a) const;
  [[nodiscard]] static std::uint32_t direct_state(fast_read const& r, architecture const& a);
  template <class... Architectures>
  [[nodiscard]] auto values(fast_term const& t, Architectures const&... of) const;
  void require_of(architecture const& a) const;
  void require_sum() const;

  decision_space const* space_;
  std::function<Value(architecture const&)> of_architecture_;
  std::function<architecture(key, bool)> extreme_;
  std::vector<cost_term<Value>> terms_;
  std::vector<derived_variable> derived_;
  Value fixed_{};
  std::vector<fast_read> reads_;
  std::vector<fast_term> fast_;
  std::vector<Value> tables_;
  std::vector<std::uint32_t> ranks_;
  std::vector<std::uint32_t> affected_; // by decision: terms that may differ when it mutates
  std::vector<std::uint32_t> first_affected_;
};

extern template class cost_sum<operation_cost>;
extern template class cost_sum<double>;

} // namespace espalier::compiler
