#include "cost_problem.hpp"

#include <map>

namespace espalier::compiler {

namespace {

constexpr std::uint32_t absent = ~std::uint32_t{0};
constexpr std::size_t most_compared = 64; // states of one variable

// Calls `visit(digits)` with every combination, the last varying fastest.
template <class Visit>
void for_each_combination(std::vector<std::size_t> const& sizes, Visit visit) {
  std::vector<std::size_t> digits(sizes.size());
  for (bool more = true; more;) {
    visit(digits);
    more = false;
    for (std::size_t k = sizes.size(); k-- > 0 && !more; digits[k] = more ? digits[k] : 0)
      more = ++digits[k] < sizes[k];
  }
}

} // namespace

template <class Number>
cost_problem<Number>::cost_problem(decision_space const& space, std::vector<derived_variable> const& derived,
                                   std::vector<cost_term<Number>> terms)
    : space_(space), derived_(derived), terms_(std::move(terms)) {
  for (std::size_t i = 0; i < space.size(); ++i)
    add_variables(i);
}

// Whether it exists always, nothing hangs on it, and no constraint reads it.
template <class Number>
bool cost_problem<Number>::is_independent(std::size_t decision) const {
  auto const& d = space_[decision];
  return d.parent < 0 && d.children.empty() && std::ranges::none_of(space_.groups(), [&](auto const& group) {
           return std::ranges::find(group.decisions, static_cast<int>(decision)) != group.decisions.end();
         });
}

template <class Number>
bool cost_problem<Number>::is_read_as_state(std::size_t decision) const {
  return std::ranges::any_of(terms_, [&](auto const& term) {
    return std::ranges::any_of(term.reads, [&](cost_variable const& r) {
      auto const i = static_cast<std::size_t>(r.decision);
      return i == decision && r.option < 0;
    });
  });
}

template <class Number>
void cost_problem<Number>::add_variables(std::size_t decision) {
  auto const& d = space_[decision];
  bool const is_subset = d.type == decision::kind::subset;
  first_variable_.push_back(variables_.size());
  bool const is_classified = std::ranges::any_of(
      derived_, [&](auto const& v) { return v.is_class() && static_cast<std::size_t>(v.decision) == decision; });
  bool const is_whole = is_classified || !is_independent(decision) || is_read_as_state(decision);
  if (is_subset && !is_whole && d.least == 0 && static_cast<std::size_t>(d.most) >= d.options.size()) {
    subsets_.emplace_back();
    for (std::size_t o = 0; o < d.options.size(); ++o)
      variables_.push_back({decision, static_cast<int>(o), {0, 1}});
    return;
  }
  variable made{decision};
  subsets_.push_back(is_subset ? subset_values(d) : std::vector<std::uint32_t>{});
  made.states = subsets_.back();
  for (std::size_t o = 0; o < d.options.size() && !is_subset; ++o)
    made.states.push_back(static_cast<std::uint32_t>(o));
  if (d.parent >= 0)
    made.states.push_back(absent);
  if (is_classified && is_independent(decision))
    keep_one_of_each_class(made);
  variables_.push_back(std::move(made));
}

// Where all that terms read of a decision are classes, one value stands for all of the same.
template <class Number>
void cost_problem<Number>::keep_one_of_each_class(variable& v) const {
  for (auto const& term : terms_)
    for (auto const& r : term.reads)
      if (static_cast<std::size_t>(r.decision) == v.decision)
        return;
  std::map<std::vector<std::uint8_t>, std::uint32_t> known;
  for (auto const state : v.states) {
    std::vector<std::uint8_t> classes;
    for (auto const& own : derived_)
      if (own.is_class() && static_cast<std::size_t>(own.decision) == v.decision)
        classes.push_back(own.class_of_value[state]);
    known.emplace(std::move(classes), state);
  }
  v.states.clear();
  for (auto const& [classes, state] : known)
    v.states.push_back(state);
}

template <class Number>
std::size_t cost_problem<Number>::variable_of(cost_variable const& r) const {
  auto const first = first_variable_[static_cast<std::size_t>(r.decision)];
  return variables_[first].option < 0 ? first : first + static_cast<std::size_t>(r.option);
}

template <class Number>
std::vector<std::size_t> cost_problem<Number>::members_of(std::size_t derived) const {
  std::vector<std::size_t> found;
  for (auto const& option : derived_[derived].any_of)
    found.push_back(variable_of(option));
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

template <class Number>
typename cost_problem<Number>::scope cost_problem<Number>::scope_of(cost_term<Number> const& term) const {
  scope made;
  for (auto const& r : term.reads) {
    auto const i = static_cast<std::size_t>(r.decision);
    if (i < space_.size())
      made.variables.push_back(variable_of(r));
    else if (auto const& own = derived_[i - space_.size()]; own.is_class())
      made.variables.push_back(first_variable_[static_cast<std::size_t>(own.decision)]);
    else
      made.any_of.push_back(i - space_.size());
  }
  std::ranges::sort(made.variables);
  made.variables.erase(std::unique(made.variables.begin(), made.variables.end()), made.variables.end());
  return made;
}

template <class Number>
bool cost_problem<Number>::takes_option(variable const& v, std::uint32_t state, int option) const {
  if (v.option >= 0)
    return state != 0;
  return state != absent && takes(space_[v.decision], state, static_cast<std::size_t>(option));
}

template <class Number>
bool cost_problem<Number>::takes_any(std::size_t derived, std::size_t v, std::uint32_t state) const {
  return std::ranges::any_of(derived_[derived].any_of, [&](cost_variable const& option) {
    return variable_of(option) == v && takes_option(variables_[v], state, option.option);
  });
}

// The state of what is read, of a variable's.
template <class Number>
std::size_t cost_problem<Number>::digit(cost_variable const& r, std::uint32_t state) const {
  auto const i = static_cast<std::size_t>(r.decision);
  if (i >= space_.size())
    return derived_[i - space_.size()].class_of_value[state];
  auto const& d = space_[i];
  if (r.option >= 0)
    return static_cast<std::size_t>(takes_option(variables_[variable_of(r)], state, r.option));
  if (state == absent)
    return states_of(space_, derived_, r) - 1;
  if (d.type == decision::kind::choice)
    return state;
  return static_cast<std::size_t>(std::ranges::lower_bound(subsets_[i], state) - subsets_[i].begin());
}

// Of a term, where the variables of its scope, and behind them what is derived, are in these states.
template <class Number>
Number cost_problem<Number>::value(cost_term<Number> const& term, scope const& of, states const& at) const {
  std::size_t index = 0;
  auto any = of.variables.size();
  for (auto const& r : term.reads) {
    auto const i = static_cast<std::size_t>(r.decision);
    bool const is_derived = i >= space_.size();
    std::size_t own = 0;
    if (is_derived && !derived_[i - space_.size()].is_class()) {
      own = at[any++];
    } else {
      auto const v =
          is_derived ? first_variable_[static_cast<std::size_t>(derived_[i - space_.size()].decision)] : variable_of(r);
      auto const place = std::ranges::lower_bound(of.variables, v) - of.variables.begin();
      own = digit(r, variables_[v].states[at[static_cast<std::size_t>(place)]]);
    }
    index = index * states_of(space_, derived_, r) + own;
  }
  return term.table[index];
}

template <class Number>
void cost_problem<Number>::drop_dominated_states() {
  for (bool dropped = true; dropped;) {
    dropped = false;
    for (std::size_t v = 0; v < variables_.size(); ++v)
      if (variables_[v].states.size() > 1 && variables_[v].states.size() <= most_compared &&
          is_independent(variables_[v].decision))
        dropped = drop_dominated_states(v) || dropped;
  }
}

template <class Number>
bool cost_problem<Number>::drop_dominated_states(std::size_t v) {
  auto& own = variables_[v].states;
  auto const n = own.size();
  std::vector<Number> losses(n * n); // by the state that is left, and the one that is taken instead
  for (auto const& term : terms_)
    if (auto const of_term = least_losses(term, v); !of_term.empty())
      for (std::size_t k = 0; k < losses.size(); ++k)
        losses[k] += of_term[k];
  std::vector<std::uint32_t> kept;
  std::vector<bool> is_dropped(n);
  for (std::size_t bad = 0; bad < n; ++bad) {
    for (std::size_t good = 0; good < n && !is_dropped[bad]; ++good)
      is_dropped[bad] = good != bad && !is_dropped[good] && losses[bad * n + good] >= 0;
    if (!is_dropped[bad])
      kept.push_back(own[bad]);
  }
  bool const dropped = kept.size() < n;
  own = std::move(kept);
  return dropped;
}

// How much more a term is at least for one state than for another, whatever all others are; nothing where it does not
// depend on the variable. What is derived holds already by others, or follows this one.
template <class Number>
std::vector<Number> cost_problem<Number>::least_losses(cost_term<Number> const& term, std::size_t v) const {
  auto const of = scope_of(term);
  auto const place = static_cast<std::size_t>(std::ranges::lower_bound(of.variables, v) - of.variables.begin());
  bool const is_read = place < of.variables.size() && of.variables[place] == v;
  std::vector<bool> follows;
  for (auto const k : of.any_of)
    follows.push_back(std::ranges::binary_search(members_of(k), v));
  if (!is_read && std::ranges::find(follows, true) == follows.end())
    return {};
  std::vector<std::size_t> sizes;
  for (auto const other : of.variables)
    sizes.push_back(other == v ? 1 : variables_[other].states.size());
  sizes.resize(of.variables.size() + of.any_of.size(), 2);
  auto const n = variables_[v].states.size();
  std::vector<Number> losses(n * n, forbidden<Number>);
  std::vector<Number> values(n);
  for_each_combination(sizes, [&](states at) {
    auto const others = at;
    for (std::size_t s = 0; s < n; ++s) {
      if (is_read)
        at[place] = s;
      for (std::size_t k = 0; k < follows.size(); ++k)
        if (auto& own = at[of.variables.size() + k]; follows[k])
          own = others[of.variables.size() + k] |
                static_cast<std::size_t>(takes_any(of.any_of[k], v, variables_[v].states[s]));
      values[s] = value(term, of, at);
    }
    for (std::size_t bad = 0; bad < n; ++bad)
      for (std::size_t good = 0; good < n; ++good)
        losses[bad * n + good] = std::min(losses[bad * n + good], values[bad] - values[good]);
  });
  return losses;
}

template class cost_problem<long long>;
template class cost_problem<double>;

} // namespace espalier::compiler
