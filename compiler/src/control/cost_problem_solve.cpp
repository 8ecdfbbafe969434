#include "cost_problem.hpp"

#include <espalier/compiler/error.hpp>

#include <set>

namespace espalier::compiler {

namespace {

constexpr std::uint32_t absent = ~std::uint32_t{0};

} // namespace

template <class Number>
std::uint32_t cost_problem<Number>::value_of(std::size_t v, std::size_t state) const {
  auto const value = variables_[v].states[state];
  return value == absent ? 0 : value;
}

template <class Number>
void cost_problem<Number>::add_existence(elimination<Number>& to, std::size_t child) const {
  auto const parent = static_cast<std::size_t>(space_[child].parent);
  auto const of_parent = first_variable_[parent];
  auto const of_child = first_variable_[child];
  to.add({of_parent, of_child}, [&](states const& at) {
    auto const above = variables_[of_parent].states[at[0]];
    bool const exists = above != absent && exists_where(space_[child], space_[parent], above);
    return exists == (variables_[of_child].states[at[1]] != absent) ? Number{} : forbidden<Number>;
  });
}

template <class Number>
void cost_problem<Number>::add_group(elimination<Number>& to, constraint_group const& group) const {
  std::vector<std::size_t> variables;
  for (int const i : group.decisions)
    variables.push_back(first_variable_[static_cast<std::size_t>(i)]);
  std::ranges::sort(variables);
  std::set<std::vector<std::uint32_t>> allowed;
  for (auto const& row : group.allowed) {
    std::vector<std::uint32_t> values;
    for (auto const v : variables)
      values.push_back(row[static_cast<std::size_t>(
          std::ranges::find(group.decisions, static_cast<int>(variables_[v].decision)) - group.decisions.begin())]);
    allowed.insert(values);
  }
  to.add(variables, [&](states const& at) {
    std::vector<std::uint32_t> values;
    bool any_absent = false;
    for (std::size_t k = 0; k < at.size(); ++k) {
      any_absent = any_absent || variables_[variables[k]].states[at[k]] == absent;
      values.push_back(value_of(variables[k], at[k]));
    }
    return any_absent || allowed.contains(values) ? Number{} : forbidden<Number>;
  });
}

// Whether any option is taken, member by member: a link says it of the members so far.
template <class Number>
void cost_problem<Number>::add_chain(elimination<Number>& to, std::size_t derived,
                                     std::vector<std::size_t> const& links) const {
  auto const members = members_of(derived);
  for (std::size_t m = 0; m < members.size(); ++m) {
    std::vector<std::size_t> variables{members[m]};
    if (m > 0)
      variables.push_back(links[m - 1]);
    variables.push_back(links[m]);
    to.add(variables, [&](states const& at) {
      bool const before = m > 0 && at[1] != 0;
      bool const now = before || takes_any(derived, members[m], variables_[members[m]].states[at[0]]);
      return now == (at.back() != 0) ? Number{} : forbidden<Number>;
    });
  }
}

template <class Number>
architecture cost_problem<Number>::solve() const {
  std::vector<std::size_t> sizes;
  for (auto const& v : variables_)
    sizes.push_back(v.states.size());
  std::vector<std::vector<std::size_t>> links(derived_.size());
  for (std::size_t k = 0; k < derived_.size(); ++k)
    for (std::size_t m = 0; m < members_of(k).size(); ++m) {
      links[k].push_back(sizes.size());
      sizes.push_back(2);
    }
  elimination<Number> solver{std::move(sizes)};
  for (std::size_t k = 0; k < derived_.size(); ++k)
    add_chain(solver, k, links[k]);
  for (std::size_t i = 0; i < space_.size(); ++i)
    if (space_[i].parent >= 0)
      add_existence(solver, i);
  for (auto const& group : space_.groups())
    add_group(solver, group);
  for (auto const& term : terms_) {
    auto const of = scope_of(term);
    auto variables = of.variables;
    for (auto const k : of.any_of)
      variables.push_back(links[k].back());
    solver.add(std::move(variables), [&](states const& at) { return value(term, of, at); });
  }
  auto const found = solver.solve();
  architecture a{std::vector<std::uint32_t>(space_.size())};
  for (std::size_t v = 0; v < variables_.size(); ++v) {
    auto const& [decision, option, states] = variables_[v];
    a.values[decision] |= option < 0 ? value_of(v, found[v]) : states[found[v]] << static_cast<unsigned>(option);
  }
  return a;
}

template <class Number>
std::vector<std::string> cost_problem<Number>::paths_of(std::vector<std::size_t> const& coupled) const {
  std::set<std::string> paths;
  for (auto const v : coupled)
    if (v < variables_.size())
      paths.insert(space_[variables_[v].decision].path);
  return {paths.begin(), paths.end()};
}

template class cost_problem<long long>;
template class cost_problem<double>;

} // namespace espalier::compiler
