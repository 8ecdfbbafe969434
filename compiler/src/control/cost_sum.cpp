#include "plan.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t largest_table = std::size_t{1} << 26U;

std::size_t table_size(decision_space const& space, std::vector<derived_variable> const& derived,
                       std::vector<cost_variable> const& reads) {
  std::size_t size = 1;
  for (auto const& r : reads) {
    size *= states_of(space, derived, r);
    if (size > largest_table)
      throw user_error(fmt::format("a cost depends on {} variables together in more than {} ways: decide fewer of them "
                                   "separately",
                                   reads.size(), largest_table));
  }
  return size;
}

void require_in_order(decision_space const& space, cost_variable const& before, cost_variable const& r) {
  if (before >= r || (before.decision == r.decision && before.option < 0))
    throw internal_error(
        fmt::format("a cost reads {} twice or out of order", static_cast<std::size_t>(r.decision) < space.size()
                                                                 ? space[static_cast<std::size_t>(r.decision)].path
                                                                 : "what is derived"));
}

template <class Value>
void require_fit(decision_space const& space, std::vector<derived_variable> const& derived,
                 cost_term<Value> const& term) {
  for (std::size_t i = 0; i < term.reads.size(); ++i) {
    auto const& r = term.reads[i];
    if (r.decision < 0 || static_cast<std::size_t>(r.decision) >= space.size() + derived.size())
      throw internal_error(fmt::format("a cost reads decision {} of {}", r.decision, space.size()));
    if (i > 0)
      require_in_order(space, term.reads[i - 1], r);
  }
  if (auto const size = table_size(space, derived, term.reads); size != term.table.size())
    throw internal_error(fmt::format("a cost of {} states has {} values", size, term.table.size()));
}

void add(operation_cost& to, operation_cost const& cost, long long times = 1) {
  to.params += times * cost.params;
  to.macs += times * cost.macs;
}

void add(double& to, double cost) {
  to += cost;
}

// Whether everything that `part` reads, `whole` reads, too.
bool is_part(std::vector<cost_variable> const& part, std::vector<cost_variable> const& whole) {
  return std::ranges::includes(whole, part);
}

// Adds a term to one that reads more.
template <class Value>
void absorb(decision_space const& space, std::vector<derived_variable> const& derived, cost_term<Value>& whole,
            cost_term<Value> const& part) {
  auto const n = whole.reads.size();
  std::vector<std::size_t> sizes(n);
  std::vector<std::size_t> strides(n); // in the part's table
  std::size_t stride = 1;
  for (std::size_t i = n; i-- > 0;) {
    sizes[i] = states_of(space, derived, whole.reads[i]);
    if (std::ranges::binary_search(part.reads, whole.reads[i])) {
      strides[i] = stride;
      stride *= sizes[i];
    }
  }
  for (std::size_t entry = 0; entry < whole.table.size(); ++entry) {
    std::size_t in_part = 0;
    for (std::size_t i = n, rest = entry; i-- > 0; rest /= sizes[i])
      in_part += rest % sizes[i] * strides[i];
    add(whole.table[entry], part.table[in_part]);
  }
}

} // namespace

std::size_t states_of(decision_space const& space, std::vector<derived_variable> const& derived,
                      cost_variable const& v) {
  auto const i = static_cast<std::size_t>(v.decision);
  if (i >= space.size())
    return derived[i - space.size()].classes;
  if (v.option >= 0)
    return 2;
  auto const& d = space[i];
  auto const existing = d.type == decision::kind::choice ? d.options.size() : subset_values(d).size();
  return existing + static_cast<std::size_t>(d.parent >= 0);
}

template <class Value>
cost_sum<Value>::cost_sum(decision_space const& space, std::vector<cost_term<Value>> terms,
                          std::vector<derived_variable> derived)
    : space_(&space), derived_(std::move(derived)) {
  std::map<std::vector<cost_variable>, std::size_t> known;
  for (auto& term : terms) {
    require_fit(space, derived_, term);
    auto const [found, is_new] = known.emplace(term.reads, terms_.size());
    if (is_new)
      terms_.push_back(std::move(term));
    else
      absorb(space, derived_, terms_[found->second], term);
  }
  auto merged = terms_;
  std::ranges::sort(merged, [](auto const& a, auto const& b) {
    return a.reads.size() != b.reads.size() ? a.reads.size() > b.reads.size() : a.reads < b.reads;
  });
  for (std::size_t i = merged.size(); i-- > 0;) {
    auto const whole =
        std::find_if(merged.begin(), merged.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](auto const& w) { return !merged[i].reads.empty() && is_part(merged[i].reads, w.reads); });
    if (whole != merged.begin() + static_cast<std::ptrdiff_t>(i))
      absorb(space, derived_, *whole, merged[i]);
    else
      add_fast(merged[i]);
  }
  index_terms();
}

template <class Value>
void cost_sum<Value>::add_fast(cost_term<Value> const& term) {
  if (std::ranges::all_of(term.table, [&](auto const& v) { return v == term.table.front(); }))
    return add(fixed_, term.table.front());
  fast_term made{static_cast<std::uint32_t>(reads_.size()), 0, static_cast<std::uint32_t>(tables_.size())};
  std::size_t stride = term.table.size();
  for (auto const& r : term.reads) {
    auto const states = states_of(*space_, derived_, r);
    stride /= states;
    if (static_cast<std::size_t>(r.decision) >= space_->size()) {
      reads_.push_back({static_cast<std::uint32_t>(r.decision), static_cast<std::uint32_t>(stride),
                        static_cast<std::uint32_t>(states), 0, -1, false, false, 0, 0});
      continue;
    }
    auto const& d = (*space_)[static_cast<std::size_t>(r.decision)];
    auto const& where = space_->plan().nodes[static_cast<std::size_t>(r.decision)].where;
    bool const is_direct = d.type == decision::kind::choice && r.option < 0 && !where.is_nested;
    reads_.push_back({static_cast<std::uint32_t>(r.decision), static_cast<std::uint32_t>(stride),
                      static_cast<std::uint32_t>(states), static_cast<std::uint32_t>(ranks_.size()), r.option,
                      is_direct, where.parent_is_subset, where.parent, where.parent_options});
    if (d.type != decision::kind::subset || r.option >= 0)
      continue;
    if (d.options.size() > 20)
      throw user_error(fmt::format("a cost depends on which of {} options {} keeps together: at most 20 are possible",
                                   d.options.size(), d.path));
    auto const first = ranks_.size();
    ranks_.resize(first + (std::size_t{1} << d.options.size()));
    std::uint32_t rank = 0;
    for (auto const v : subset_values(d))
      ranks_[first + v] = rank++;
  }
  made.last_read = static_cast<std::uint32_t>(reads_.size());
  tables_.insert(tables_.end(), term.table.begin(), term.table.end());
  fast_.push_back(made);
}

template <class Value>
void cost_sum<Value>::index_terms() {
  std::vector<std::vector<std::uint32_t>> affected(space_->size());
  for (std::uint32_t t = 0; t < fast_.size(); ++t)
    for (auto r = fast_[t].first_read; r < fast_[t].last_read; ++r)
      for (auto const root : decisions_of({static_cast<int>(reads_[r].decision)}))
        for (int i = static_cast<int>(root); i >= 0; i = (*space_)[static_cast<std::size_t>(i)].parent)
          if (auto& terms = affected[static_cast<std::size_t>(i)]; terms.empty() || terms.back() != t)
            terms.push_back(t);
  for (auto const& group : space_->groups()) {
    std::vector<std::uint32_t> together;
    for (int const i : group.decisions)
      std::ranges::copy(affected[static_cast<std::size_t>(i)], std::back_inserter(together));
    std::ranges::sort(together);
    together.erase(std::unique(together.begin(), together.end()), together.end());
    for (int const i : group.decisions)
      affected[static_cast<std::size_t>(i)] = together;
  }
  first_affected_.push_back(0);
  for (auto const& terms : affected) {
    affected_.insert(affected_.end(), terms.begin(), terms.end());
    first_affected_.push_back(static_cast<std::uint32_t>(affected_.size()));
  }
}

template <class Value>
std::vector<std::size_t> cost_sum<Value>::decisions_of(cost_variable const& v) const {
  auto const i = static_cast<std::size_t>(v.decision);
  if (i < space_->size())
    return {i};
  auto const& own = derived_[i - space_->size()];
  if (own.is_class())
    return {static_cast<std::size_t>(own.decision)};
  std::vector<std::size_t> found;
  for (auto const& option : own.any_of)
    if (auto const d = static_cast<std::size_t>(option.decision); found.empty() || found.back() != d)
      found.push_back(d);
  return found;
}

template <class Value>
std::uint32_t cost_sum<Value>::state(derived_variable const& v, architecture const& a) const {
  if (v.is_class())
    return v.class_of_value[a.values[static_cast<std::size_t>(v.decision)]];
  auto const& plan = space_->plan();
  for (auto const& [decision, option] : v.any_of) {
    auto const i = static_cast<std::size_t>(decision);
    auto const& n = plan.nodes[i];
    bool const is_taken = n.is_subset ? (a.values[i] >> static_cast<unsigned>(option) & 1U) != 0
                                      : a.values[i] == static_cast<std::uint32_t>(option);
    if (is_taken && plan.exists(a.values, i))
      return 1;
  }
  return 0;
}

template <class Value>
std::uint32_t cost_sum<Value>::state(fast_read const& r, architecture const& a) const {
  if (r.decision >= space_->size())
    return state(derived_[r.decision - space_->size()], a);
  auto const& n = space_->plan().nodes[r.decision];
  auto const value = a.values[r.decision];
  bool const exists =
      n.where.is_nested ? space_->plan().exists(a.values, r.decision) : n.where.holds_evenly(a.values[n.where.parent]);
  if (r.option >= 0)
    return static_cast<std::uint32_t>(exists) &
           (n.is_subset ? value >> static_cast<unsigned>(r.option) & 1U
                        : static_cast<std::uint32_t>(value == static_cast<std::uint32_t>(r.option)));
  auto const present = 0U - static_cast<std::uint32_t>(exists);
  auto const own = n.is_subset ? ranks_[r.ranks + value] : value;
  return (own & present) | ((r.states - 1) & ~present);
}

template <class Value>
[[gnu::always_inline]] inline std::uint32_t cost_sum<Value>::direct_state(fast_read const& r, architecture const& a) {
  control::condition const where{r.parent_options, r.parent, r.parent_is_subset, false, false};
  return where.holds_evenly(a.values[r.parent]) ? a.values[r.decision] : r.states - 1;
}

// A term of several architectures at once.
template <class Value>
template <class... Architectures>
[[gnu::always_inline]] inline auto cost_sum<Value>::values(fast_term const& t, Architectures const&... of) const {
  std::array<std::size_t, sizeof...(of)> index;
  index.fill(t.table);
  for (auto r = t.first_read; r < t.last_read; ++r) {
    auto const& read = reads_[r];
    std::size_t k = 0;
    if (read.is_direct) [[likely]]
      ((index[k++] += std::size_t{read.stride} * direct_state(read, of)), ...);
    else
      ((index[k++] += std::size_t{read.stride} * state(read, of)), ...);
  }
  return std::apply([&](auto... i) { return std::array{&tables_[i]...}; }, index);
}

template <class Value>
void cost_sum<Value>::require_of(architecture const& a) const {
  if (a.values.size() != space_->size()) [[unlikely]]
    throw internal_error(fmt::format("{} values for {} decisions", a.values.size(), space_->size()));
}

template <class Value>
cost_sum<Value>::cost_sum(decision_space const& space, std::function<Value(architecture const&)> of_architecture,
                          std::function<architecture(key, bool)> extreme)
    : space_(&space), of_architecture_(std::move(of_architecture)), extreme_(std::move(extreme)) {}

template <class Value>
void cost_sum<Value>::require_sum() const {
  if (!is_sum())
    throw user_error("the cost of this space is no sum over few decisions each: it is known of one architecture at a "
                     "time");
}

template <class Value>
Value cost_sum<Value>::of(architecture const& a) const {
  require_of(a);
  if (!is_sum())
    return of_architecture_(a);
  auto total = fixed_;
  for (auto const& term : fast_)
    add(total, *values(term, a)[0]);
  return total;
}

template <class Value>
Value cost_sum<Value>::of_mutant(architecture const& mutant, int changed, architecture const& parent,
                                 Value const& cost_of_parent) const {
  if constexpr (is_counted) {
    if (!is_sum())
      return of(mutant);
    require_of(mutant);
    require_of(parent);
    auto total = cost_of_parent;
    if (changed < 0)
      return total;
    auto const root = static_cast<std::size_t>(changed);
    for (auto k = first_affected_[root]; k < first_affected_[root + 1]; ++k) {
      auto const [now, before] = values(fast_[affected_[k]], mutant, parent);
      add(total, *now);
      add(total, *before, -1);
    }
    return total;
  } else {
    return of(mutant);
  }
}

template <class Value>
std::vector<Value> cost_sum<Value>::shares(architecture const& a) const {
  require_of(a);
  require_sum();
  std::vector<Value> found(space_->size() + 1);
  for (auto const& term : terms_) {
    std::size_t last = term.reads.empty() ? space_->size() : 0;
    for (auto const& r : term.reads)
      last = std::max(last, decisions_of(r).back());
    add(found[last], cost_sum(*space_, {{term.reads, term.table}}, derived_).of(a));
  }
  return found;
}

template class cost_sum<operation_cost>;
template class cost_sum<double>;

} // namespace espalier::compiler
