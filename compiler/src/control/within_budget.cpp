#include "plan.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/within_budget.hpp>

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t most_rows = std::size_t{1} << 17U;
constexpr std::size_t most_costs = std::size_t{1} << 19U;

struct too_many {};

} // namespace

class architectures_within::builder {
public:
  builder(cost_model const& costs, long long operation_cost::*key, long long most)
      : costs_(costs), space_(costs.space()), key_(key), most_(most), root_(space_.size()) {}

  architectures_within build() {
    made_.size_ = space_.size();
    divide();
    for (auto const& decisions : members_)
      if (!decisions.empty())
        add_group(decisions);
    for (auto const& term : costs_.terms())
      if (term.reads.empty())
        made_.fixed_ += term.table.front().*key_;
    add_up();
    return std::move(made_);
  }

private:
  std::size_t root_of(std::size_t i) {
    while (root_[i] != i)
      i = root_[i] = root_[root_[i]];
    return i;
  }
  [[nodiscard]] std::size_t first_decision(cost_term<operation_cost> const& term) const {
    return costs_.decisions_of(term.reads.front()).front();
  }
  void join(std::size_t a, std::size_t b) { root_[root_of(b)] = root_of(a); }

  // Decisions are dependent where one hangs on the other, or where a constraint or a term reads both.
  void divide() {
    std::iota(root_.begin(), root_.end(), std::size_t{0});
    for (std::size_t i = 0; i < space_.size(); ++i)
      if (space_[i].parent >= 0)
        join(static_cast<std::size_t>(space_[i].parent), i);
    for (auto const& coupled : space_.groups())
      for (int const i : coupled.decisions)
        join(static_cast<std::size_t>(coupled.decisions.front()), static_cast<std::size_t>(i));
    for (auto const& term : costs_.terms())
      for (auto const& r : term.reads)
        for (auto const i : costs_.decisions_of(r))
          join(first_decision(term), i);
    members_.resize(space_.size());
    for (std::size_t i = 0; i < space_.size(); ++i)
      members_[root_of(i)].push_back(i);
  }

  void add_group(std::vector<std::size_t> const& decisions) {
    group g{decisions, {}, {}};
    auto const root = root_of(decisions.front());
    std::vector<cost_term<operation_cost>> terms;
    for (auto const& term : costs_.terms())
      if (!term.reads.empty() && root_of(first_decision(term)) == root)
        terms.push_back(term);
    cost_model const own{space_, std::move(terms), costs_.derived()};
    std::vector<std::uint32_t> units;
    for (auto const i : decisions)
      if (auto const u = space_.plan().nodes[i].unit; space_.plan().units[u].decisions.front() == i)
        units.push_back(u);
    std::map<long long, std::vector<std::uint32_t>> rows;
    architecture a{std::vector<std::uint32_t>(space_.size())};
    enumerate(units, 0, a, [&] {
      auto const row = static_cast<std::uint32_t>(g.values.size() / decisions.size());
      if (row >= most_rows)
        throw too_many{};
      rows[own.of(a).*key_].push_back(row);
      for (auto const i : decisions)
        g.values.push_back(a.values[i]);
    });
    for (auto& [cost, alike_rows] : rows)
      g.by_cost.push_back({cost, std::move(alike_rows)});
    made_.groups_.push_back(std::move(g));
  }

  template <class Visit>
  void enumerate(std::vector<std::uint32_t> const& units, std::size_t next, architecture& a, Visit const& visit) {
    if (next == units.size())
      return visit();
    auto const& p = space_.plan();
    auto const& u = p.units[units[next]];
    if (!p.exists(a.values, u.decisions.front()))
      return enumerate(units, next + 1, a, visit);
    if (u.size == 0)
      throw too_many{};
    auto const width = u.decisions.size();
    for (std::size_t rank = 0; rank < u.size; ++rank) {
      for (std::size_t m = 0; m < width; ++m)
        a.values[u.decisions[m]] = u.values.empty() ? static_cast<std::uint32_t>(rank) : u.values[rank * width + m];
      enumerate(units, next + 1, a, visit);
    }
    for (auto const i : u.decisions)
      a.values[i] = 0;
  }

  void add_up() {
    auto const n = made_.groups_.size();
    std::vector<long long> least_before(n + 1, made_.fixed_);
    for (std::size_t k = 0; k < n; ++k)
      least_before[k + 1] = least_before[k] + made_.groups_[k].by_cost.front().cost;
    if (least_before[n] > most_)
      throw user_error(fmt::format("no architecture costs at most {}: the smallest costs {}; raise the limit to that",
                                   most_, least_before[n]));
    made_.rest_.resize(n + 1);
    made_.rest_[n] = {{0, 1}};
    for (std::size_t k = n; k-- > 0;) {
      std::map<long long, cardinality> sums;
      for (auto const& own : made_.groups_[k].by_cost)
        for (auto const& behind : made_.rest_[k + 1]) {
          auto const cost = own.cost + behind.cost;
          if (least_before[k] + cost > most_)
            break;
          sums[cost].add_product(own.rows.size(), behind.count);
          if (sums.size() > most_costs)
            throw too_many{};
        }
      for (auto const& [cost, count] : sums)
        made_.rest_[k].push_back({cost, count});
    }
    for (auto const& e : made_.rest_.front())
      made_.count_ += e.count;
  }

  cost_model const& costs_;
  decision_space const& space_;
  long long operation_cost::*key_;
  long long most_;
  std::vector<std::size_t> root_;
  std::vector<std::vector<std::size_t>> members_; // by root
  architectures_within made_;
};

std::optional<architectures_within> architectures_within::find(cost_model const& costs, long long operation_cost::*key,
                                                               long long most) {
  if (!costs.is_sum())
    return {};
  try {
    return builder{costs, key, most}.build();
  } catch (too_many const&) {
    return {};
  }
}

cardinality architectures_within::ways(std::size_t from_group, long long cost) const {
  auto const& of = rest_[from_group];
  auto const found = std::ranges::lower_bound(of, cost, {}, &entry::cost);
  return found != of.end() && found->cost == cost ? found->count : cardinality{};
}

architecture architectures_within::sample(random_generator& random) const {
  architecture a{std::vector<std::uint32_t>(size_)};
  auto const drawn = random.below(count_);
  auto passed = cardinality{};
  long long left = 0;
  for (auto const& e : rest_.front()) {
    left = e.cost;
    if (drawn < (passed += e.count))
      break;
  }
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    auto const& g = groups_[k];
    auto const of_rest = random.below(ways(k, left));
    passed = cardinality{};
    for (auto const& own : g.by_cost) {
      passed.add_product(own.rows.size(), ways(k + 1, left - own.cost));
      if (of_rest >= passed)
        continue;
      auto const row = own.rows[random.below(static_cast<std::uint32_t>(own.rows.size()))];
      for (std::size_t m = 0; m < g.decisions.size(); ++m)
        a.values[g.decisions[m]] = g.values[row * g.decisions.size() + m];
      left -= own.cost;
      break;
    }
  }
  return a;
}

} // namespace espalier::compiler
