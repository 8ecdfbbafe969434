#include "plan.hpp"

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t most_combinations = 1'000'000;

std::string paths_of(std::vector<decision> const& decisions, constraint_group const& group) {
  std::vector<std::string> paths;
  for (int const d : group.decisions)
    paths.push_back(decisions[static_cast<std::size_t>(d)].path);
  return fmt::format("{}", fmt::join(paths, ", "));
}

// The combinations that both allow.
constraint_group joined(constraint_group const& a, constraint_group const& b) {
  constraint_group both{a.decisions, {}};
  std::vector<std::pair<std::size_t, std::size_t>> shared;
  std::vector<std::size_t> added;
  for (std::size_t i = 0; i < b.decisions.size(); ++i)
    if (auto const known = std::ranges::find(a.decisions, b.decisions[i]); known != a.decisions.end()) {
      shared.emplace_back(known - a.decisions.begin(), i);
    } else {
      added.push_back(i);
      both.decisions.push_back(b.decisions[i]);
    }
  std::map<std::vector<std::uint32_t>, std::vector<std::vector<std::uint32_t> const*>> by_shared;
  for (auto const& row : b.allowed) {
    std::vector<std::uint32_t> key;
    for (auto const& [in_a, in_b] : shared)
      key.push_back(row[in_b]);
    by_shared[key].push_back(&row);
  }
  for (auto const& row : a.allowed) {
    std::vector<std::uint32_t> key;
    for (auto const& [in_a, in_b] : shared)
      key.push_back(row[in_a]);
    for (auto const* other : by_shared[key]) {
      both.allowed.push_back(row);
      for (auto const i : added)
        both.allowed.back().push_back((*other)[i]);
    }
  }
  return both;
}

std::vector<constraint_group> disjoint(std::vector<decision> const& decisions, std::vector<constraint_group> groups) {
  std::vector<constraint_group> found;
  for (auto& group : groups) {
    for (std::size_t i = 0; i < found.size();)
      if (std::ranges::find_first_of(found[i].decisions, group.decisions) != found[i].decisions.end()) {
        group = joined(found[i], group);
        found.erase(found.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    if (group.allowed.empty())
      throw user_error(
          fmt::format("constraints leave no values for {}: loosen one of them", paths_of(decisions, group)));
    if (group.allowed.size() > most_combinations)
      throw user_error(
          fmt::format("constraints couple {} combinations of {}, at most {} are kept: couple fewer decisions",
                      group.allowed.size(), paths_of(decisions, group), most_combinations));
    found.push_back(std::move(group));
  }
  return found;
}

void require_siblings(std::vector<decision> const& decisions, constraint_group const& group) {
  auto const& first = decisions[static_cast<std::size_t>(group.decisions.front())];
  for (int const i : group.decisions) {
    auto const& d = decisions[static_cast<std::size_t>(i)];
    if (d.parent != first.parent || d.parent_options != first.parent_options)
      throw internal_error(
          fmt::format("a constraint couples {} and {}, which do not exist together", first.path, d.path));
  }
  for (auto const& row : group.allowed)
    if (row.size() != group.decisions.size())
      throw internal_error(
          fmt::format("a constraint gives {} values for {} decisions", row.size(), group.decisions.size()));
}

// Every layer but the first hangs on the one before it, and says of each state and value what follows; the end is
// always allowed, and nothing hangs on it.
void require_chain(std::vector<decision> const& decisions, layer_automaton const& chain) {
  for (std::size_t p = 0; p < chain.decisions.size(); ++p) {
    auto const& d = decisions.at(static_cast<std::size_t>(chain.decisions[p]));
    bool const is_behind = p == 0 || d.parent == chain.decisions[p - 1];
    bool const is_whole = p < chain.next.size() && !chain.next[p].empty() &&
                          chain.next[p].size() == chain.next.front().size() &&
                          std::ranges::all_of(chain.next[p], [&](std::vector<int> const& row) {
                            auto const last = static_cast<int>(chain.next[p].size()) - 1;
                            return row.size() == d.options.size() && row.front() >= 0 && std::ranges::max(row) <= last;
                          });
    bool const ends = std::ranges::none_of(
        d.children, [&](int child) { return decisions[static_cast<std::size_t>(child)].hangs_on(0); });
    if (!is_behind || !is_whole || !ends || d.type != decision::kind::choice)
      throw internal_error(fmt::format("{} is no layer of a chain", d.path));
  }
}

// How many architectures there are below each option of each decision, children first.
class counter {
public:
  counter(std::vector<decision> const& decisions, std::vector<constraint_group> const& groups,
          std::vector<layer_automaton> const& chains)
      : decisions_(decisions), groups_(groups), group_of_(decisions.size(), -1), chain_at_(decisions.size()),
        is_behind_(decisions.size()) {
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (int const d : groups[g].decisions)
        group_of_[static_cast<std::size_t>(d)] = static_cast<int>(g);
    for (auto const& chain : chains)
      for (std::size_t p = 0; p < chain.decisions.size(); ++p) {
        auto const d = static_cast<std::size_t>(chain.decisions[p]);
        is_behind_[d] = static_cast<char>(p > 0);
        chain_at_[d] = p == 0 ? &chain : nullptr;
      }
    below.resize(decisions.size());
    counts.resize(decisions.size());
    for (std::size_t i = decisions.size(); i-- > 0;)
      count(i);
    for (std::size_t i = 0; i < decisions.size(); ++i)
      if (decisions[i].parent < 0)
        total *= of_unit(i);
  }

  std::vector<std::vector<cardinality>> below;
  std::vector<cardinality> counts;
  cardinality total = 1;

private:
  // Of a decision or, at its first one, of a group or a chain.
  [[nodiscard]] cardinality of_unit(std::size_t i) const {
    if (is_behind_[i] != 0)
      return 1;
    if (chain_at_[i] != nullptr)
      return of_chain(*chain_at_[i]);
    if (group_of_[i] < 0)
      return counts[i];
    auto const& group = groups_[static_cast<std::size_t>(group_of_[i])];
    if (static_cast<std::size_t>(*std::ranges::min_element(group.decisions)) != i)
      return 1;
    cardinality sum;
    for (auto const& row : group.allowed) {
      cardinality product = 1;
      for (std::size_t m = 0; m < row.size(); ++m)
        product *= of_value(static_cast<std::size_t>(group.decisions[m]), row[m]);
      sum += product;
    }
    return sum;
  }

  // Backwards: how many chains leave each state.
  [[nodiscard]] cardinality of_chain(layer_automaton const& chain) const {
    std::vector<cardinality> behind;
    for (std::size_t p = chain.decisions.size(); p-- > 0;) {
      auto const d = static_cast<std::size_t>(chain.decisions[p]);
      std::vector<cardinality> ways(chain.next[p].size());
      for (std::size_t s = 0; s < ways.size(); ++s)
        for (std::size_t o = 0; o < below[d].size(); ++o) {
          auto const to = chain.next[p][s][o];
          bool const goes_on = p + 1 < chain.decisions.size() &&
                               decisions_[static_cast<std::size_t>(chain.decisions[p + 1])].hangs_on(o);
          if (to >= 0)
            ways[s] += goes_on ? below[d][o] * behind[static_cast<std::size_t>(to)] : below[d][o];
        }
      behind = std::move(ways);
    }
    return behind.front();
  }

  [[nodiscard]] cardinality of_value(std::size_t i, std::uint32_t value) const {
    auto const& d = decisions_[i];
    if (d.type == decision::kind::choice)
      return below[i][value];
    cardinality product = 1;
    for (int const child : d.children)
      if ((decisions_[static_cast<std::size_t>(child)].parent_options & value) != 0)
        product *= of_unit(static_cast<std::size_t>(child));
    return product;
  }

  void count(std::size_t i) {
    auto const& d = decisions_[i];
    below[i].assign(d.options.size(), 1);
    bool hangs_on_many = false;
    for (int const child : d.children) {
      auto const c = static_cast<std::size_t>(child);
      hangs_on_many = hangs_on_many || !std::has_single_bit(decisions_[c].parent_options);
      auto const count = of_unit(c);
      for (std::size_t o = 0; o < d.options.size(); ++o)
        if (decisions_[c].hangs_on(o))
          below[i][o] *= count;
    }
    if (d.type == decision::kind::choice) {
      counts[i] = std::accumulate(below[i].begin(), below[i].end(), cardinality{});
    } else if (hangs_on_many) {
      for (auto const value : subset_values(d))
        counts[i] += of_value(i, value);
    } else { // elementary symmetric polynomials: the sum over all subsets of the product of their options' counts
      std::vector<cardinality> sums(static_cast<std::size_t>(d.most) + 1);
      sums[0] = 1;
      for (auto const& option : below[i])
        for (std::size_t k = sums.size() - 1; k > 0; --k)
          sums[k] += sums[k - 1] * option;
      counts[i] = std::accumulate(sums.begin() + d.least, sums.end(), cardinality{});
    }
  }

  std::vector<decision> const& decisions_;
  std::vector<constraint_group> const& groups_;
  std::vector<int> group_of_;
  std::vector<layer_automaton const*> chain_at_; // by its first decision
  std::vector<char> is_behind_;                  // another layer of its chain
};

std::string text_of(std::vector<decision> const& decisions, std::vector<constraint_group> const& groups,
                    std::vector<layer_automaton> const& chains) {
  std::string text;
  for (auto const& d : decisions)
    text += fmt::format("{} {} {} {} {} {}\n", d.path, d.least, d.most, fmt::join(d.options, ","), d.parent,
                        d.parent_options);
  for (auto const& group : groups) {
    text += fmt::format("where {}:", fmt::join(group.decisions, ","));
    for (auto const& row : group.allowed)
      text += fmt::format(" {}", fmt::join(row, ","));
    text += '\n';
  }
  for (auto const& chain : chains) {
    text += fmt::format("chain {}:", fmt::join(chain.decisions, ","));
    for (auto const& layer : chain.next)
      for (auto const& row : layer)
        text += fmt::format(" {}", fmt::join(row, ","));
    text += '\n';
  }
  return text;
}

} // namespace

decision_space::decision_space(std::vector<decision> decisions, std::vector<constraint_group> groups,
                               std::vector<layer_automaton> chains)
    : decisions_(std::move(decisions)), groups_(std::move(groups)), chains_(std::move(chains)) {
  finish();
}

void decision_space::finish() {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    decisions_[i].children.clear();
    auto const& d = decisions_[i];
    if (d.parent >= static_cast<int>(i))
      throw internal_error(fmt::format("{} stands before the decision that it hangs on", d.path));
    if (d.type == decision::kind::subset && d.options.size() > 32)
      throw user_error(
          fmt::format("{} keeps some of {} options, at most 32 are possible: split it", d.path, d.options.size()));
    if (d.parent >= 0)
      decisions_[static_cast<std::size_t>(d.parent)].children.push_back(static_cast<int>(i));
  }
  groups_ = disjoint(decisions_, std::move(groups_));
  for (auto const& group : groups_)
    require_siblings(decisions_, group);
  for (auto const& chain : chains_)
    require_chain(decisions_, chain);
  counter counted{decisions_, groups_, chains_};
  below_ = std::move(counted.below);
  counts_ = std::move(counted.counts);
  count_ = counted.total;
  fingerprint_ = compiler::fingerprint(text_of(decisions_, groups_, chains_));
  plan_ = std::make_shared<control::plan const>(control::make_plan(*this));
}

cardinality subset_count(decision const& d) {
  cardinality count;
  for (int k = d.least; k <= d.most; ++k)
    count += dsl::binomial(static_cast<int>(d.options.size()), k);
  return count;
}

std::vector<std::uint32_t> subset_values(decision const& d) {
  constexpr unsigned long long most_values = 1U << 20U;
  if (auto const count = subset_count(d); count > cardinality{most_values})
    throw user_error(fmt::format("{} has more than {} values, which are too many to list: keep fewer of its {} options",
                                 d.path, most_values, d.options.size()));
  std::vector<std::uint32_t> values;
  auto const end = std::uint64_t{1} << d.options.size();
  for (int k = d.least; k <= d.most; ++k) // all of k bits in rising order: Gosper's hack
    for (std::uint64_t bits = (std::uint64_t{1} << static_cast<unsigned>(k)) - 1; bits < end;) {
      values.push_back(static_cast<std::uint32_t>(bits));
      if (bits == 0)
        break;
      auto const lowest = bits & (~bits + 1);
      auto const carried = bits + lowest;
      bits = carried | (((bits ^ carried) >> 2U) / lowest);
    }
  std::ranges::sort(values);
  return values;
}

} // namespace espalier::compiler
