#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <set>
#include <variant>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using weights_of_decisions = std::vector<std::vector<double>>;

// The expectation of one term: a sum over everything that it reads, and that decides whether this exists. Whether any
// of some options is taken follows from the probability that none is, where the decisions are independent.
class term_expectation {
public:
  term_expectation(decision_space const& space, std::vector<derived_variable> const& derived,
                   std::vector<cost_variable> const& reads, weights_of_decisions const& weights,
                   weights_of_decisions& gradient)
      : space_(space), derived_(derived), reads_(reads), weights_(weights), gradient_(gradient) {
    for (auto const& r : reads)
      if (static_cast<std::size_t>(r.decision) < space.size())
        add(r);
    for (auto const& r : reads)
      if (auto const i = static_cast<std::size_t>(r.decision); i >= space.size())
        add(derived[i - space.size()]);
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

  void add(cost_variable const& r) {
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

  // Options of decisions that always exist and are read in no other way stay apart, others are drawn.
  void add(derived_variable const& any) {
    if (any.is_class())
      throw user_error(fmt::format("the cost depends on which options {} keeps together, which the probability of each "
                                   "does not determine: there is no expected cost",
                                   space_[static_cast<std::size_t>(any.decision)].path));
    any_of_.push_back(&any);
    for (auto const& option : any.any_of) {
      auto const i = static_cast<std::size_t>(option.decision);
      bool const is_drawn = drawn_.contains({i, -1}) || drawn_.contains({i, option.option});
      if (space_[i].parent >= 0 || is_drawn)
        add(option);
    }
    double combinations = 1;
    for (auto const& [i, option] : drawn_)
      combinations *= option < 0 ? static_cast<double>(space_[i].options.size()) : 2;
    if (combinations > 1 << 22U)
      throw user_error(fmt::format("the cost depends on {} decisions together, each of which may not exist: its "
                                   "expectation is a sum over more combinations than can be added up",
                                   drawn_.size()));
  }

  [[nodiscard]] bool is_drawn(cost_variable const& option) const {
    auto const i = static_cast<std::size_t>(option.decision);
    return drawn_.contains({i, space_[i].type == decision::kind::subset ? option.option : -1});
  }
  [[nodiscard]] bool is_taken(cost_variable const& option) const {
    auto const found = states_.find(static_cast<std::size_t>(option.decision));
    return found != states_.end() && found->second.exists &&
           takes(space_[found->first], found->second.value, static_cast<std::size_t>(option.option));
  }

  // The probability that no option of some derived variables is taken, of those that are not drawn: a factor for each
  // choice, one minus the weights of such options, and one for each option of a subset.
  struct factor_of_none {
    double value = 1;
    std::vector<cost_variable> options;
  };
  [[nodiscard]] std::vector<factor_of_none> none_of(unsigned chosen) const {
    std::map<place, std::set<int>> options;
    for (std::size_t k = 0; k < any_of_.size(); ++k)
      for (auto const& o : any_of_[k]->any_of)
        if (auto const i = static_cast<std::size_t>(o.decision); (chosen >> k & 1U) != 0 && !is_drawn(o))
          options[{i, space_[i].type == decision::kind::subset ? o.option : -1}].insert(o.option);
    std::vector<factor_of_none> factors;
    for (auto const& [where, taken] : options) {
      auto& factor = factors.emplace_back();
      for (int const o : taken) {
        factor.value -= weights_[where.first][static_cast<std::size_t>(o)];
        factor.options.push_back({static_cast<int>(where.first), o});
      }
    }
    return factors;
  }

  // The expectation over what is derived: by the inclusion and exclusion of those of which some option is taken.
  double over_derived(double reached, std::function<double(std::size_t)> const& value) {
    auto const n = static_cast<unsigned>(any_of_.size());
    unsigned certain = 0;
    for (unsigned k = 0; k < n; ++k)
      if (std::ranges::any_of(any_of_[k]->any_of, [&](auto const& o) { return is_drawn(o) && is_taken(o); }))
        certain |= 1U << k;
    double total = 0;
    for (unsigned none = 0; none < 1U << n; ++none) {
      if ((none & certain) != 0)
        continue;
      double weight = 0; // of the event that none of these is, summed over the patterns of states
      for (unsigned ones = 0; ones < 1U << n; ++ones) {
        unsigned const zeros = ~ones & ((1U << n) - 1);
        bool const counts = (certain & zeros) == 0 && (zeros & ~none) == 0;
        if (counts)
          weight += (std::popcount(none & ones) % 2 == 0 ? 1 : -1) * value(entry(ones));
      }
      total += weight * add_none(none, reached * weight);
    }
    return total;
  }

  // The probability of none, and its derivatives.
  double add_none(unsigned chosen, double reached) {
    auto const factors = none_of(chosen);
    double product = 1;
    for (std::size_t f = 0; f < factors.size(); ++f) {
      double others = 1;
      for (std::size_t g = 0; g < factors.size(); ++g)
        others *= g == f ? 1 : factors[g].value;
      for (auto const& o : factors[f].options)
        gradient_[static_cast<std::size_t>(o.decision)][static_cast<std::size_t>(o.option)] -= reached * others;
      product *= factors[f].value;
    }
    return product;
  }

  // The expectation of the rest, where what is before has been drawn with probability `reached`; a weight's derivative
  // is that probability times the expectation of what follows it.
  double sum(std::set<place>::const_iterator at, double reached, std::function<double(std::size_t)> const& value) {
    if (at == drawn_.end())
      return over_derived(reached, value);
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

  // Where so many of what is derived are 1, a bit each.
  [[nodiscard]] std::size_t entry(unsigned ones) {
    std::size_t index = 0;
    for (auto const& r : reads_) {
      auto const i = static_cast<std::size_t>(r.decision);
      if (i >= space_.size()) {
        index = index * 2 + (ones & 1U);
        ones >>= 1U;
        continue;
      }
      auto const [exists, value] = states_[i];
      auto const& d = space_[i];
      if (r.option >= 0)
        index = index * 2 + static_cast<std::size_t>(exists && takes(d, value, static_cast<std::size_t>(r.option)));
      else
        index = index * states_of(space_, derived_, r) + (exists ? value : d.options.size());
    }
    return index;
  }

  decision_space const& space_;
  std::vector<derived_variable> const& derived_;
  std::vector<cost_variable> const& reads_;
  std::vector<derived_variable const*> any_of_;
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
    made.value += term_expectation{*space_, derived_, term.reads, weights, made.gradient}.over(
        [&](std::size_t entry) { return number(term.table[entry], which); });
  return made;
}

template expected_cost cost_sum<operation_cost>::expected(weights_of_decisions const&,
                                                          long long operation_cost::*) const;
template expected_cost cost_sum<double>::expected(weights_of_decisions const&, std::monostate) const;

} // namespace espalier::compiler
