#pragma once

#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/constraints.hpp>
#include <espalier/dsl/named_decisions.hpp>
#include <espalier/dsl/operations/cells.hpp>

namespace espalier::dsl {

namespace detail {

/// Counts decisions, not options: each one an architecture may have to say.
class decision_counter {
public:
  constexpr explicit decision_counter(space_view space)
      : space_(space), named_(space), evaluate_{space}, chains_(inputs_of_chains(space)) {}

  constexpr long long count(std::size_t i) {
    if (space_.form(i) == structure::constraint)
      return 0;
    if (is_known(i))
      return 0;
    return count_numbers(i) + count_held(i);
  }

private:
  // Decided where its name stands first, and not once more in each repetition.
  [[nodiscard]] constexpr bool is_known(std::size_t i) const {
    return space_.is_named_decision(i) && (!first_time_ || named_.at(i).made != i);
  }

  constexpr long long count_numbers(std::size_t i) const {
    long long sum = 0;
    if (space_[i].decided != 0)
      space_.for_each_number(i, [&](std::size_t, std::size_t number) {
        constraint_groups::for_each_decision(space_, number, [&](std::size_t d) { sum += is_known(d) ? 0 : 1; });
      });
    return sum;
  }

  constexpr long long count_held(std::size_t i) {
    auto const& a = space_[i].attributes;
    switch (space_.form(i)) {
    case structure::choice:
    case structure::any_of:
      return 1 + count_children(i);
    case structure::repeat:
      return rounds(space_.first_child(i), evaluate_.numbers(i)[0].high);
    case structure::cell:
      return count_cell(i);
    case structure::graph_cell: // the operation of each vertex, and which edges there are
      return 1 + a[1] * count(space_.first_child(i));
    case structure::recurrent_cell: { // the first node reads the root
      std::size_t const root = space_.first_child(i);
      return count(root) + a[1] * count(space_.next(root)) + a[1] - 1;
    }
    case structure::skip_chain: // the first layer has nothing to skip
      return rounds(space_.first_child(i), a[0]) + a[0] - 1;
    case structure::wiring: {
      std::size_t body = space_.first_child(i);
      while (space_.form(body) == structure::reference)
        body = space_.next(body);
      return rounds(body, a[1]);
    }
    case structure::layer_chain: { // which layer follows, or that none does
      auto const* const in = chains_.find(i);
      return in == nullptr ? 0 : chain_states{space_, i, *in}.count_decisions(a[0], [&](std::size_t alternative) {
        return count(alternative);
      });
    }
    default:
      return count_children(i);
    }
  }

  constexpr long long count_children(std::size_t i) {
    long long sum = 0;
    if (space_.form(i) != structure::leaf && space_.form(i) != structure::number)
      space_.for_each_child(i, [&](std::size_t child) { sum += count(child); });
    return sum;
  }

  constexpr long long rounds(std::size_t body, long long times) {
    if (times < 1)
      return 0;
    bool const outside = first_time_;
    long long sum = count(body);
    first_time_ = false;
    sum += (times - 1) * count(body);
    first_time_ = outside;
    return sum;
  }

  constexpr long long count_cell(std::size_t i) {
    auto const& a = space_[i].attributes;
    int const inputs = a[4];
    int const picks = a[5];
    long long edges[3]{};
    int kinds = 0;
    space_.for_each_child(i, [&](std::size_t child) {
      if (kinds < 3)
        edges[kinds++] = count(child);
    });
    if (kinds < 3)
      edges[2] = edges[kinds - 1], edges[1] = edges[0];
    long long sum = 0;
    for (int n = 0; n < a[1]; ++n) {
      int const sources = inputs + n;
      if (picks > 0) {
        sum += picks * ((sources > 1 ? 1 : 0) + (edges[0] > edges[2] ? edges[0] : edges[2])) + a[7];
        continue;
      }
      bool const selects = a[2] > 0 && a[2] < sources;
      sum += (selects ? 1 : 0) + edges[0] + (inputs == 2 ? edges[1] : 0) + n * edges[2];
    }
    return sum;
  }

  space_view space_;
  named_decisions named_;
  number_evaluator evaluate_;
  analysis::chain_inputs chains_;
  bool first_time_ = true;
};

} // namespace detail

/// How many decisions an architecture of the space may have to say: every one that exists in some architecture.
constexpr long long count_decisions(space_view space) {
  return detail::decision_counter{space}.count(0);
}

} // namespace espalier::dsl
