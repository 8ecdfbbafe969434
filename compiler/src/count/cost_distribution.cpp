#include "cost_distribution.hpp"

#include <algorithm>
#include <utility>

namespace espalier::compiler {
namespace {

using dsl::cardinality;
using dsl::operation_cost;

constexpr std::size_t most_costs = std::size_t{1} << 22U;
constexpr std::size_t most_pairs = std::size_t{1} << 28U;

bool is_below(operation_cost const& a, operation_cost const& b) {
  return a.params != b.params ? a.params < b.params : a.macs < b.macs;
}

operation_cost sum_of(operation_cost a, operation_cost const& b) {
  return a += b;
}

operation_cost times(operation_cost const& c, int n) {
  return {c.params * n, c.macs * n};
}

} // namespace

cost_limits cost_limits::without(operation_cost const& spent) const {
  auto left = *this;
  if (left.params)
    *left.params -= spent.params;
  if (left.macs)
    *left.macs -= spent.macs;
  return left;
}

operation_cost cost_distribution::least(entries const& of) {
  operation_cost c = of.front().cost;
  for (auto const& e : of)
    c = {std::min(c.params, e.cost.params), std::min(c.macs, e.cost.macs)};
  return c;
}

operation_cost cost_distribution::greatest(entries const& of) {
  operation_cost c = of.front().cost;
  for (auto const& e : of)
    c = {std::max(c.params, e.cost.params), std::max(c.macs, e.cost.macs)};
  return c;
}

cost_distribution::entries cost_distribution::merged(moved const& a, moved const& b, cost_limits const& limits) {
  limits.look_at(a.costs.size() + b.costs.size());
  entries result;
  result.reserve(a.costs.size() + b.costs.size());
  auto i = a.costs.begin();
  auto j = b.costs.begin();
  while (i != a.costs.end() || j != b.costs.end()) {
    bool const takes_a =
        j == b.costs.end() || (i != a.costs.end() && !is_below(sum_of(j->cost, b.by), sum_of(i->cost, a.by)));
    bool const takes_b =
        i == a.costs.end() || (j != b.costs.end() && !is_below(sum_of(i->cost, a.by), sum_of(j->cost, b.by)));
    auto const cost = takes_a ? sum_of(i->cost, a.by) : sum_of(j->cost, b.by);
    if (limits.allow(cost))
      result.push_back({cost, takes_a && takes_b ? i->count + j->count : takes_a ? i->count : j->count});
    i += takes_a ? 1 : 0;
    j += takes_b ? 1 : 0;
  }
  if (result.size() > most_costs)
    throw too_many_costs{};
  return result;
}

cost_distribution::entries cost_distribution::shifted(entries const& of, entry const& by, cost_limits const& limits) {
  limits.look_at(of.size());
  entries result;
  result.reserve(of.size());
  for (auto const& e : of)
    if (auto const cost = sum_of(e.cost, by.cost); limits.allow(cost))
      result.push_back({cost, e.count * by.count});
  return result;
}

cost_distribution::entries cost_distribution::product(entries const& a, entry const* first, entry const* last,
                                                      cost_limits const& limits) {
  if (last - first == 1)
    return shifted(a, *first, limits);
  entry const* const middle = first + (last - first) / 2;
  return merged({product(a, first, middle, limits), {}}, {product(a, middle, last, limits), {}}, limits);
}

cost_distribution::entries cost_distribution::product(entries const& a, entries const& b, cost_limits const& limits) {
  if (a.empty() || b.empty())
    return {};
  if (a.size() * b.size() > most_pairs)
    throw too_many_costs{};
  auto const& [large, small] = a.size() < b.size() ? std::tie(b, a) : std::tie(a, b);
  return product(large, small.data(), small.data() + small.size(), limits);
}

cost_distribution::entries cost_distribution::power(entries const& of, int exponent, cost_limits const& limits) {
  auto const cheapest = least(of);
  auto result = of;
  for (int n = 2; n <= exponent; ++n) {
    auto const left = limits.without(times(cheapest, exponent - n));
    result = product(result, of, left);
  }
  return result;
}

void cost_distribution::append(part const& p) {
  for (auto& own : parts_)
    if (own.costs == p.costs || *own.costs == *p.costs) {
      own.exponent += p.exponent;
      return;
    }
  parts_.push_back(p);
}

cost_distribution& cost_distribution::operator*=(cost_distribution const& other) {
  fixed_ += other.fixed_;
  for (auto const& p : std::vector<part>{other.parts_})
    append(p);
  return *this;
}

cost_distribution& cost_distribution::operator*=(cardinality const& times) {
  if (times != cardinality{1})
    append({std::make_shared<entries const>(entries{{{}, times}})});
  return *this;
}

cost_distribution cost_distribution::power(int count) const {
  cost_distribution result{times(fixed_, count)};
  if (count > 0)
    result.parts_ = parts_;
  for (auto& p : result.parts_)
    p.exponent *= count;
  return result;
}

std::vector<cost_distribution::entries> cost_distribution::joined(std::size_t count, cost_limits const& limits) const {
  operation_cost cheapest;
  for (auto const& p : parts_) {
    if (p.costs->empty())
      return {{}};
    cheapest += times(least(*p.costs), p.exponent);
  }
  // What is told together may cost the rest of the limit when everything else is cheapest.
  auto const left_to = [&](operation_cost const& own) { return limits.without(cheapest).without(times(own, -1)); };
  std::vector<entries> apart;
  for (auto const& p : parts_) {
    apart.push_back(power(*p.costs, p.exponent, left_to(times(least(*p.costs), p.exponent))));
    if (apart.back().empty())
      return {{}};
  }
  while (apart.size() > count) {
    std::sort(apart.begin(), apart.end(), [](auto const& a, auto const& b) { return a.size() > b.size(); });
    auto const a = std::move(apart.back());
    apart.pop_back();
    auto& b = apart.back();
    b = product(a, b, left_to(sum_of(least(a), least(b))));
    if (b.empty())
      return {{}};
  }
  return apart;
}

void cost_distribution::add(cost_distribution const& other, cost_limits const& limits) {
  auto const told = [&](cost_distribution const& d) -> std::shared_ptr<entries const> {
    if (d.parts_.size() == 1 && d.parts_.front().exponent == 1)
      return d.parts_.front().costs;
    auto whole = d.joined(1, limits.without(d.fixed_));
    return std::make_shared<entries const>(whole.empty() ? entries{{{}, 1}} : std::move(whole.front()));
  };
  auto const own = told(*this);
  auto const others = told(other);
  // What both have in common stays apart.
  operation_cost const common{std::min(fixed_.params, other.fixed_.params), std::min(fixed_.macs, other.fixed_.macs)};
  auto const from_common = [&](cost_distribution const& d) { return sum_of(d.fixed_, times(common, -1)); };
  auto both = merged({*own, from_common(*this)}, {*others, from_common(other)}, limits.without(common));
  fixed_ = common;
  parts_ = {{std::make_shared<entries const>(std::move(both))}};
}

std::size_t cost_distribution::size() const {
  std::size_t sum = 0;
  for (auto const& p : parts_)
    sum += p.costs->size();
  return sum;
}

cardinality cost_distribution::total() const {
  cardinality product = 1;
  for (auto const& p : parts_) {
    cardinality sum;
    for (auto const& e : *p.costs)
      sum += e.count;
    product *= dsl::power(sum, p.exponent);
  }
  return product;
}

cardinality cost_distribution::pairs_within(entries const& a, entries const& b, long long most) {
  auto const cost_of = [](entry const& e) { return e.cost.params + e.cost.macs; }; // one of them is not looked at
  std::vector<cardinality> up_to(b.size() + 1);
  for (std::size_t k = 0; k < b.size(); ++k)
    up_to[k + 1] = up_to[k] + b[k].count;
  cardinality sum;
  std::size_t fitting = b.size();
  for (auto const& e : a) {
    while (fitting > 0 && cost_of(e) + cost_of(b[fitting - 1]) > most)
      --fitting;
    sum += e.count * up_to[fitting];
  }
  return sum;
}

cardinality cost_distribution::within(cost_limits const& limits) const {
  auto const left = limits.without(fixed_);
  operation_cost dearest;
  operation_cost cheapest;
  for (auto const& p : parts_) {
    if (p.costs->empty())
      return 0;
    cheapest += times(least(*p.costs), p.exponent);
    dearest += times(greatest(*p.costs), p.exponent);
  }
  if (!left.allow(cheapest))
    return 0;
  if (left.allow(dearest))
    return total();
  bool const is_pair = limits.params && limits.macs;
  auto apart = joined(is_pair ? 1 : 2, left);
  if (apart.size() == 1)
    apart.push_back({{{}, 1}});
  if (!is_pair)
    return pairs_within(apart[0], apart[1], left.params ? *left.params : *left.macs);
  cardinality sum;
  for (auto const& e : apart[0])
    if (left.allow(e.cost))
      sum += e.count;
  return sum;
}

} // namespace espalier::compiler
