#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <variant>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using weights_of_decisions = std::vector<std::vector<double>>;

// The expectation of one term: a sum over everything that it reads, and that decides whether this exists.
class term_expectation {
public:
  term_expectation(decision_space const& space, std::vector<reading> const& reads, weights_of_decisions const& weights,
                   weights_of_decisions& gradient)
      : space_(space), reads_(reads), weights_(weights), gradient_(gradient) {
    for (auto const& r : reads)
      add(r);
  }

  double over(std::function<double(std::size_t)> const& value_of_entry) {
    return sum(drawn_.begin(), 1, value_of_entry);
  }

private:
  // A choice, or whether a subset keeps an option; parents stand before what hangs on them.
  using place = std::pair<std::size_t, int>;
  struct state {
    bool exists = false;
    std::uint32_t value = 0;
  };

  void add(reading const& r) {
    auto const i = static_cast<std::size_t>(r.decision);
    auto const& d = space_[i];
    bool const is_subset = d.type == decision::kind::subset;
    if (is_subset && r.option < 0)
      throw user_error(fmt::format("the cost depends on which options {} keeps together, which the probability of each "
                                   "does not determine: there is no expected cost",
                                   d.path));
    drawn_.emplace(i, is_subset ? r.option : -1);
    for (auto const* child = &d; child->parent >= 0; child = &space_[static_cast<std::size_t>(child->parent)]) {
      auto const above = static_cast<std::size_t>(child->parent);
      if (space_[above].type == decision::kind::choice)
        drawn_.emplace(above, -1);
      for (std::size_t o = 0; o < space_[above].options.size() && space_[above].type == decision::kind::subset; ++o)
        if (child->hangs_on(o))
          drawn_.emplace(above, static_cast<int>(o));
    }
  }

  // The expectation of the rest, where what is before has been drawn with probability `reached`; a weight's derivative
  // is that probability times the expectation of what follows it.
  double sum(std::set<place>::const_iterator at, double reached, std::function<double(std::size_t)> const& value) {
    if (at == drawn_.end())
      return value(entry());
    auto const [i, option] = *at;
    auto const& d = space_[i];
    auto const parent = static_cast<std::size_t>(std::max(0, d.parent));
    auto const before = states_[i];
    auto& own = states_[i];
    own.exists = d.parent < 0 || (states_[parent].exists && exists_where(d, space_[parent], states_[parent].value));
    auto const rest = std::next(at);
    double total = 0;
    if (!own.exists) {
      total = sum(rest, reached, value);
    } else if (option < 0) {
      for (std::size_t o = 0; o < d.options.size(); ++o) {
        own.value = static_cast<std::uint32_t>(o);
        auto const expected = sum(rest, reached * weights_[i][o], value);
        gradient_[i][o] += reached * expected;
        total += weights_[i][o] * expected;
      }
    } else {
      auto const o = static_cast<std::size_t>(option);
      auto const dropped = sum(rest, reached * (1 - weights_[i][o]), value);
      own.value |= 1U << o;
      auto const kept = sum(rest, reached * weights_[i][o], value);
      gradient_[i][o] += reached * (kept - dropped);
      total = dropped + weights_[i][o] * (kept - dropped);
    }
    states_[i] = before;
    return total;
  }

  [[nodiscard]] std::size_t entry() {
    std::size_t index = 0;
    for (auto const& r : reads_) {
      auto const i = static_cast<std::size_t>(r.decision);
      auto const [exists, value] = states_[i];
      auto const& d = space_[i];
      if (r.option >= 0)
        index = index * 2 + static_cast<std::size_t>(exists && takes(d, value, static_cast<std::size_t>(r.option)));
      else
        index = index * states_of(space_, r) + (exists ? value : d.options.size());
    }
    return index;
  }

  decision_space const& space_;
  std::vector<reading> const& reads_;
  weights_of_decisions const& weights_;
  weights_of_decisions& gradient_;
  std::set<place> drawn_;
  std::map<std::size_t, state> states_;
};

double number(operation_cost const& cost, long long operation_cost::*which) {
  return static_cast<double>(cost.*which);
}

double number(double cost, std::monostate /*which*/) {
  return cost;
}

} // namespace

template <class Value>
expected_cost cost_sum<Value>::expected(weights_of_decisions const& weights, key which) const {
  require_sum();
  expected_cost made;
  for (std::size_t i = 0; i < space_->size(); ++i) {
    auto const& d = (*space_)[i];
    if (i >= weights.size() || weights[i].size() != d.options.size())
      throw internal_error(
          fmt::format("the weights of {} are not as many as its {} options", d.path, d.options.size()));
    made.gradient.emplace_back(weights[i].size());
  }
  for (auto const& term : terms_)
    made.value += term_expectation{*space_, term.reads, weights, made.gradient}.over(
        [&](std::size_t entry) { return number(term.table[entry], which); });
  return made;
}

template expected_cost cost_sum<operation_cost>::expected(weights_of_decisions const&,
                                                          long long operation_cost::*) const;
template expected_cost cost_sum<double>::expected(weights_of_decisions const&, std::monostate) const;

} // namespace espalier::compiler
