#include <espalier/compiler/decision_process.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

namespace espalier::compiler {

decision_process::decision_process(decision_space const& space)
    : space_(space), links_(space.size()), decided_{std::vector<std::uint32_t>(space.size())}, exists_(space.size()),
      contexts_(space.size()) {
  for (auto const& group : space.groups()) {
    std::vector<std::size_t> order(group.decisions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t m) { return group.decisions[m]; });
    for (std::size_t place = 0; place < order.size(); ++place)
      links_[static_cast<std::size_t>(group.decisions[order[place]])] = {
          link::kind::group, groups_.size(), place,
          place == 0 ? 0 : static_cast<std::size_t>(group.decisions[order[place - 1]])};
    rows sorted;
    for (auto const& row : group.allowed) {
      sorted.emplace_back();
      for (auto const m : order)
        sorted.back().push_back(row[m]);
    }
    std::ranges::sort(sorted);
    groups_.push_back(std::move(sorted));
  }
  for (std::size_t c = 0; c < space.chains().size(); ++c) {
    auto const& layers = space.chains()[c].decisions;
    for (std::size_t k = 0; k < layers.size(); ++k)
      links_[static_cast<std::size_t>(layers[k])] = {link::kind::chain, c, k,
                                                     k == 0 ? 0 : static_cast<std::size_t>(layers[k - 1])};
  }
  restart();
}

void decision_process::restart() {
  steps_.clear();
  enter(0);
  settle();
}

decision_process::state decision_process::present() const {
  auto const narrow = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  auto const taken = static_cast<std::uint32_t>(std::popcount(decided_.values[at_]));
  state here{narrow(at_), option_, is_by_option() ? taken : narrow(contexts_[at_].first), none, 0};
  for (auto i = at_; i-- > 0;)
    if (exists_[i] != 0) {
      here.previous = narrow(i);
      here.previous_value = decided_.values[i];
      break;
    }
  return here;
}

void decision_process::take(std::uint32_t action) {
  steps_.push_back({at_, option_});
  apply(action);
  settle();
}

std::uint32_t decision_process::undo() {
  at_ = steps_.back().decision;
  option_ = steps_.back().option;
  steps_.pop_back();
  auto& value = decided_.values[at_];
  auto const taken = action_towards(value);
  value = is_by_option() ? value & ((1U << option_) - 1) : 0;
  offer();
  return taken;
}

// Begins the first decision from here on that exists.
void decision_process::enter(std::size_t from) {
  option_ = 0;
  for (at_ = from; at_ < space_.size(); ++at_) {
    auto const& d = space_[at_];
    auto const parent = static_cast<std::size_t>(std::max(0, d.parent));
    bool const exists =
        d.parent < 0 || (exists_[parent] != 0 && exists_where(d, space_[parent], decided_.values[parent]));
    exists_[at_] = static_cast<char>(exists);
    decided_.values[at_] = 0;
    if (!exists)
      continue;
    contexts_[at_] = context_of(at_);
    return;
  }
}

// Goes on to the next step that has a choice.
void decision_process::settle() {
  while (!is_finished()) {
    offer();
    if (actions_.size() > 1)
      return;
    apply(actions_.front());
  }
}

void decision_process::apply(std::uint32_t action) {
  if (is_by_option()) {
    decided_.values[at_] |= action << option_;
    if (++option_ < space_[at_].options.size())
      return;
  } else {
    decided_.values[at_] = action;
  }
  enter(at_ + 1);
}

decision_process::context decision_process::context_of(std::size_t i) const {
  auto const& [by, of, place, before] = links_[i];
  if (by == link::kind::none)
    return {};
  if (by == link::kind::chain)
    return {place == 0 ? 0
                       : static_cast<std::size_t>(
                             space_.chains()[of].next[place - 1][contexts_[before].first][decided_.values[before]]),
            0};
  auto const& all = groups_[of];
  if (place == 0)
    return {0, all.size()};
  auto const first = all.begin() + static_cast<std::ptrdiff_t>(contexts_[before].first);
  auto const last = all.begin() + static_cast<std::ptrdiff_t>(contexts_[before].last);
  auto const value = decided_.values[before];
  auto const of_member = [column = place - 1](std::vector<std::uint32_t> const& row) { return row[column]; };
  return {static_cast<std::size_t>(std::ranges::lower_bound(first, last, value, {}, of_member) - all.begin()),
          static_cast<std::size_t>(std::ranges::upper_bound(first, last, value, {}, of_member) - all.begin())};
}

void decision_process::offer() {
  actions_.clear();
  auto const& d = space_[at_];
  auto const& [by, of, place, before] = links_[at_];
  if (is_by_option()) {
    auto const taken = std::popcount(decided_.values[at_]);
    if (taken + static_cast<int>(d.options.size() - option_) > d.least)
      actions_.push_back(0);
    if (taken < d.most)
      actions_.push_back(1);
  } else if (by == link::kind::chain) {
    auto const& next = space_.chains()[of].next[place][contexts_[at_].first];
    for (std::uint32_t value = 0; value < next.size(); ++value)
      if (next[value] >= 0)
        actions_.push_back(value);
  } else if (by == link::kind::group) {
    for (auto row = contexts_[at_].first; row < contexts_[at_].last; ++row)
      if (auto const value = groups_[of][row][place]; actions_.empty() || actions_.back() != value)
        actions_.push_back(value);
  } else {
    actions_.resize(d.options.size());
    std::iota(actions_.begin(), actions_.end(), 0U);
  }
}

} // namespace espalier::compiler
