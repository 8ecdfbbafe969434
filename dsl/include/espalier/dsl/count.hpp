#pragma once

#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/constraints.hpp>

namespace espalier::dsl {

namespace detail {

// A named decision counts where it first stands; an unnamed one wherever it stands.
class counter {
public:
  constexpr explicit counter(space_view space)
      : space_(space), named_(space), groups_(space), evaluate_{space}, chains_(inputs_of_chains(space)) {
    find_coupled();
  }

  /// All architectures.
  constexpr cardinality count_all() { return count_branch(0); }

  // On a cell's edge, none() is no option of the edge's own choice.
  constexpr cardinality count(std::size_t i, bool is_edge = false) {
    auto const form = space_.form(i);
    if (form == structure::repeat)
      return count_repeat(i);
    if (form == structure::constraint)
      return count_constraint(i);
    if (space_[i].decided == 0)
      return count_held(i, form, is_edge);
    return count_numbers(i) * count_held(i, form, is_edge);
  }

private:
  // The sum of counts over the coupled numbers of a branch, one value of them after the other.
  // (Before its uses: clang does not find a later one in a constant expression.)
  template <class Count>
  constexpr cardinality over_coupled(std::size_t branch, int c, Count count_given) {
    while (c < coupled_count_ && (coupled_branch_[c] != branch || is_given(c)))
      ++c;
    if (c == coupled_count_)
      return coupled_count_ == 0 || constraints_hold() ? count_given() : cardinality{};
    auto const d = named_[coupled_[c]].at;
    cardinality sum;
    auto const outer = evaluate_.given.count;
    for (long long o = 0; o < evaluate_.options(d); ++o) {
      evaluate_.given.count = outer;
      evaluate_.given.push(evaluate_.id_of(d), evaluate_.option(d, o));
      sum += over_coupled(branch, c + 1, count_given);
    }
    evaluate_.given.count = outer;
    return sum;
  }

  constexpr cardinality count_held(std::size_t i, structure form, bool is_edge) {
    switch (form) {
    case structure::sequence:
    case structure::block:
    case structure::stem:
    case structure::branches:
    case structure::bridge:
      return product_of_children(i);
    case structure::choice:
      return is_known(i) ? 1 : count_choice(i, is_edge);
    case structure::any_of:
      return count_subset(i);
    case structure::cell:
      return is_known(i) ? 1 : count_cell(i);
    case structure::graph_cell:
      return is_known(i) ? 1 : count_graph_cell(i);
    case structure::recurrent_cell:
      return is_known(i) ? 1 : count_recurrent_cell(i);
    case structure::skip_chain:
      return is_known(i) ? 1 : count_skip_chain(i);
    case structure::wiring:
      return rounds(body_of(i), space_[i].attributes[1]);
    case structure::layer_chain:
      return count_chain(i);
    default:
      return 1;
    }
  }

  constexpr cardinality product_of_children(std::size_t i) {
    cardinality product = 1;
    space_.for_each_child(i, [&](std::size_t child) {
      if (!is_plain(child))
        product *= count(child);
    });
    return product;
  }

  // A leaf without decisions.
  [[nodiscard]] constexpr bool is_plain(std::size_t i) const {
    node const& n = space_.nodes.first[i];
    return n.decided == 0 && n.declaration->form == structure::leaf;
  }

  constexpr cardinality count_numbers(std::size_t i) {
    cardinality product = 1;
    if (space_[i].decided != 0)
      space_.for_each_number(i, [&](std::size_t, std::size_t number) {
        constraint_groups::for_each_decision(space_, number, [&](std::size_t d) {
          if (!is_settled(d))
            product *= static_cast<unsigned long long>(evaluate_.options(d));
        });
      });
    return product;
  }

  // A number that is counted elsewhere: where its name first stands, or by a constraint, or because it is given.
  [[nodiscard]] constexpr bool is_settled(std::size_t d) const {
    return evaluate_.given.find(evaluate_.id_of(d)) != nullptr || is_known(d) ||
           (!space_[d].name.empty() && groups_.group_of(identity(space_[d].name)) >= 0);
  }

  constexpr cardinality count_constraint(std::size_t i) {
    if (!first_time_ || !groups_.is_first(i))
      return 1;
    auto const group = groups_.group_of_constraint(i);
    bool is_given = false; // then count_from has counted the group's combinations
    constraint_groups::for_each_decision(space_, i + 1, [&](std::size_t d) {
      is_given = is_given || evaluate_.given.find(identity(space_[d].name)) != nullptr;
    });
    return group < 0 || is_given ? 1 : static_cast<unsigned long long>(groups_.count(group).satisfying);
  }

  // The body's decisions, and those of its repetitions.
  constexpr cardinality rounds(std::size_t body, int times) {
    if (times < 1)
      return 1;
    return over_coupled(body, 0, [&] { return rounds_of_given(body, times); });
  }
  constexpr cardinality rounds_of_given(std::size_t body, int times) {
    bool const outside = first_time_;
    cardinality product = count(body);
    first_time_ = false;
    if (times > 1)
      product *= power(count(body), times - 1);
    first_time_ = outside;
    return product;
  }

  constexpr cardinality count_repeat(std::size_t i) {
    std::size_t const body = space_.first_child(i);
    if (space_[i].decided == 0)
      return rounds(body, space_[i].attributes[0]);
    return count_depths(i, body, i + 1);
  }

  // Over the options of the decisions in a repeat's number, one after the other.
  constexpr cardinality count_depths(std::size_t i, std::size_t body, std::size_t from) {
    std::size_t open = 0;
    constraint_groups::for_each_decision(space_, i + 1, [&](std::size_t d) {
      if (open == 0 && d >= from && evaluate_.given.find(evaluate_.id_of(d)) == nullptr)
        open = d;
    });
    if (open == 0)
      return rounds(body, static_cast<int>(evaluate_.numbers(i)[0].low));
    cardinality sum;
    auto const outer = evaluate_.given;
    for (long long o = 0; o < evaluate_.options(open); ++o) {
      evaluate_.given = outer;
      evaluate_.given.push(evaluate_.id_of(open), evaluate_.option(open, o));
      sum += count_depths(i, body, open + 1);
    }
    evaluate_.given = outer;
    return sum;
  }

  constexpr cardinality count_choice(std::size_t i, bool is_edge) {
    cardinality sum;
    unsigned long long plain = 0;
    space_.for_each_child(i, [&](std::size_t candidate) {
      if (!is_plain(candidate))
        sum += count_branch(candidate);
      else if (!(is_edge && space_.is(candidate, declaration_of<operations::none>)))
        ++plain;
    });
    return sum += plain;
  }

  // Elementary symmetric polynomials: `sums[k]` is the sum over all subsets of k of the product of their counts.
  template <std::size_t Most>
  struct subsets {
    cardinality sums[Most + 1]{};
    int size = 0;

    constexpr subsets() { sums[0] = 1; }
    constexpr void add(cardinality const& option) {
      ++size;
      for (int k = size < static_cast<int>(Most) ? size : static_cast<int>(Most); k > 0; --k)
        sums[k] += sums[k - 1] * option;
    }
  };

  constexpr cardinality count_subset(std::size_t i) {
    subsets<64> all;
    space_.for_each_child(i, [&](std::size_t candidate) { all.add(count_branch(candidate)); });
    cardinality sum;
    for (int k = space_[i].attributes[0]; k <= all.size; ++k)
      sum += all.sums[k];
    return sum;
  }

  constexpr cardinality count_cell(std::size_t i) {
    auto const& a = space_[i].attributes;
    int const nodes = a[1];
    int const keep = a[2];
    int const inputs = a[4];
    int const picks = a[5];
    bool const is_edge = keep != 0 && picks == 0;
    std::size_t edges[3]{};
    int kinds = 0;
    space_.for_each_child(i, [&](std::size_t child) {
      if (kinds < 3)
        edges[kinds++] = child;
    });
    cardinality const first = count(edges[0], is_edge);
    cardinality const second = kinds == 3 ? count(edges[1], is_edge) : first;
    cardinality const from_node = kinds == 1 ? first : count(edges[kinds - 1], is_edge);
    cardinality product = 1;
    for (int n = 0; n < nodes; ++n) {
      cardinality const one_of_inputs = inputs == 2 ? first + second : first;
      auto const earlier = static_cast<unsigned long long>(n);
      if (picks > 0) {
        product *= power(one_of_inputs + from_node * earlier, picks) * (a[7] == 1 ? 2 : 1);
      } else if (keep == 0) {
        product *= (inputs == 2 ? first * second : first) * power(from_node, n);
      } else {
        subsets<2> sources; // a cell keeps at most as many edges as it has inputs
        sources.add(first);
        if (inputs == 2)
          sources.add(second);
        for (int k = 0; k < n; ++k)
          sources.add(from_node);
        product *= sources.sums[keep];
      }
    }
    return product;
  }

  constexpr cardinality count_graph_cell(std::size_t i) {
    int const nodes = space_[i].attributes[1];
    int const edges = (nodes + 2) * (nodes + 1) / 2;
    cardinality matrices;
    for (int k = 0; k <= space_[i].attributes[2] && k <= edges; ++k)
      matrices += binomial(edges, k);
    return matrices * power(count(space_.first_child(i)), nodes);
  }

  constexpr cardinality count_recurrent_cell(std::size_t i) {
    std::size_t const root = space_.first_child(i);
    cardinality product = count(root, true);
    cardinality const activations = count(space_.next(root), true);
    for (int n = 1; n <= space_[i].attributes[1]; ++n)
      product *= activations * static_cast<unsigned long long>(n);
    return product;
  }

  constexpr cardinality count_skip_chain(std::size_t i) {
    int const layers = space_[i].attributes[0];
    return rounds(space_.first_child(i), layers) * power(2, layers * (layers - 1) / 2);
  }

  [[nodiscard]] constexpr std::size_t body_of(std::size_t i) const {
    std::size_t body = space_.first_child(i);
    while (space_.form(body) == structure::reference)
      body = space_.next(body);
    return body;
  }

  constexpr cardinality count_chain(std::size_t i) {
    auto const* const in = chains_.find(i);
    return in == nullptr ? 1
                         : chain_states{space_, i, *in}.count(
                               space_[i].attributes[0], [&](std::size_t alternative) { return count(alternative); });
  }

  [[nodiscard]] constexpr bool is_known(std::size_t i) const {
    node const& n = space_[i];
    if (n.name.empty())
      return false;
    if (!first_time_)
      return true;
    return named_.at(i).is_sure;
  }

  // The named numbers that decide the depth of a repeat, and are used elsewhere or constrained; and those that a
  // constraint couples with them.
  constexpr void find_coupled() {
    for (int u = 0; u < named_.count(); ++u)
      if (named_[u].is_depth)
        for (int v = 0; v < named_.count(); ++v)
          if (u != v && named_[v].id == named_[u].id)
            couple(u);
    for (int c = coupled_count_; c-- > 0;)
      if (auto const group = groups_.group_of(named_[coupled_[c]].id); group >= 0)
        for (int u = 0; u < named_.count(); ++u)
          if (groups_.group_of(named_[u].id) == group)
            couple(u);
  }
  constexpr void couple(int u) {
    for (int c = 0; c < coupled_count_; ++c)
      if (named_[coupled_[c]].id == named_[u].id)
        return;
    if (coupled_count_ == assignment::capacity)
      assignment::more_than_24_coupled_decisions();
    coupled_branch_[coupled_count_] = branch_of(space_, named_[u].made).at;
    coupled_[coupled_count_++] = u;
  }

  // A candidate, or the whole space.
  constexpr cardinality count_branch(std::size_t branch) {
    return over_coupled(branch, 0, [&] { return count(branch); });
  }
  [[nodiscard]] constexpr bool is_given(int c) const {
    return evaluate_.given.find(evaluate_.id_of(named_[coupled_[c]].at)) != nullptr;
  }
  // With what is given: a constraint that reads only given numbers holds.
  [[nodiscard]] constexpr bool constraints_hold() const {
    for (std::size_t i = 0; i < space_.nodes.size(); ++i)
      if (space_.form(i) == structure::constraint && evaluate_(i + 1, trend::neutral).is(0))
        return false;
    return true;
  }

  space_view space_;
  named_decisions named_;
  constraint_groups groups_;
  int coupled_[assignment::capacity]{};
  std::size_t coupled_branch_[assignment::capacity]{};
  int coupled_count_ = 0;
  number_evaluator evaluate_;
  analysis::chain_inputs chains_;
  bool first_time_ = true; // outside the second and later rounds of a repeat
};

} // namespace detail

/// How many architectures the space holds, exactly; budgets are not counted.
constexpr cardinality count_architectures(space_view space) {
  return detail::counter{space}.count_all();
}

} // namespace espalier::dsl
