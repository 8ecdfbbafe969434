#pragma once

#include "elimination.hpp"

#include <espalier/compiler/cost_sum.hpp>

#include <string>
#include <vector>

namespace espalier::compiler {

/// The architecture of least cost, of terms over decisions and what is derived from them.
template <class Number>
class cost_problem {
public:
  cost_problem(decision_space const& space, std::vector<derived_variable> const& derived,
               std::vector<cost_term<Number>> terms);

  /// Leaves out the states of decisions that another state beats, or equals, whatever all others are: the sum of what
  /// each term loses at least by the exchange is not negative (Goldstein, "Efficient rotamer elimination applied to
  /// protein side-chains and related spin glasses", 1994).
  void drop_dominated_states();

  /// Throws `too_coupled`.
  [[nodiscard]] architecture solve() const;

  /// Of the variables that are coupled.
  [[nodiscard]] std::vector<std::string> paths_of(std::vector<std::size_t> const& coupled) const;

private:
  // A decision, or one option of a subset that may keep any of its options. A state is a value, or 0 and 1.
  struct variable {
    std::size_t decision;
    int option = -1;
    std::vector<std::uint32_t> states{};
  };
  // What a term reads, each once.
  struct scope {
    std::vector<std::size_t> variables; // in rising order
    std::vector<std::size_t> any_of;    // derived ones
  };
  using states = std::vector<std::size_t>; // by what a scope holds

  [[nodiscard]] bool is_independent(std::size_t decision) const;
  [[nodiscard]] bool is_read_as_state(std::size_t decision) const;
  void add_variables(std::size_t decision);
  void keep_one_of_each_class(variable& v) const;
  [[nodiscard]] std::size_t variable_of(cost_variable const& r) const;
  [[nodiscard]] scope scope_of(cost_term<Number> const& term) const;
  [[nodiscard]] bool takes_option(variable const& v, std::uint32_t state, int option) const;
  [[nodiscard]] bool takes_any(std::size_t derived, std::size_t v, std::uint32_t state) const;
  [[nodiscard]] std::size_t digit(cost_variable const& r, std::uint32_t state) const;
  [[nodiscard]] Number value(cost_term<Number> const& term, scope const& of, states const& at) const;
  bool drop_dominated_states(std::size_t v);
  [[nodiscard]] std::vector<Number> least_losses(cost_term<Number> const& term, std::size_t v) const;

  [[nodiscard]] std::uint32_t value_of(std::size_t v, std::size_t state) const;
  void add_existence(elimination<Number>& to, std::size_t child) const;
  void add_group(elimination<Number>& to, constraint_group const& group) const;
  void add_chain(elimination<Number>& to, std::size_t derived, std::vector<std::size_t> const& links) const;
  [[nodiscard]] std::vector<std::size_t> members_of(std::size_t derived) const;

  decision_space const& space_;
  std::vector<derived_variable> const& derived_;
  std::vector<cost_term<Number>> terms_;
  std::vector<variable> variables_;
  std::vector<std::size_t> first_variable_;         // by decision
  std::vector<std::vector<std::uint32_t>> subsets_; // by decision: its values in rising order
};

extern template class cost_problem<long long>;
extern template class cost_problem<double>;

} // namespace espalier::compiler
