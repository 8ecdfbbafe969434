#include <espalier/compiler/neighbours.hpp>

#include <espalier/compiler/decision_process.hpp>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>

namespace espalier::compiler {

namespace {

class neighbourhood {
public:
  neighbourhood(decision_space const& space, architecture const& a, random_generator& random)
      : space_(space), random_(random), process_(space), wanted_(space.size()), ends_(space.size()) {
    auto const active = active_decisions(space, a);
    for (std::size_t i = 0; i < space.size(); ++i)
      if (active[i])
        wanted_[i] = a.values[i];
    for (auto const& chain : space.chains())
      for (int const i : chain.decisions)
        ends_[static_cast<std::size_t>(i)] = active[static_cast<std::size_t>(chain.decisions.front())];
  }

  std::vector<architecture> make() && {
    std::vector<bool> is_coupled(space_.size());
    for (auto const& group : space_.groups())
      for (int const i : group.decisions)
        is_coupled[static_cast<std::size_t>(i)] = true;
    auto const original = wanted_;
    for (decision_process walk{space_}; !walk.is_finished();) {
      auto const i = walk.decision();
      if (space_[i].type == decision::kind::choice && !is_coupled[i])
        for (auto const value : walk.actions())
          add({static_cast<int>(i)}, {value});
      walk.take(walk.action_towards(*original[i]));
    }
    for (std::size_t i = 0; i < space_.size(); ++i)
      if (wanted_[i] && space_[i].type == decision::kind::subset && !is_coupled[i])
        add_subsets(i);
    for (auto const& group : space_.groups())
      if (wanted_[static_cast<std::size_t>(group.decisions.front())])
        add_rows(group);
    return std::move(made_);
  }

private:
  // One member more, one less, or another one.
  void add_subsets(std::size_t i) {
    auto const& d = space_[i];
    auto const value = *wanted_[i];
    auto const count = d.options.size();
    auto const bit = [](std::size_t option) { return std::uint32_t{1} << option; };
    auto const add_if_kept = [&](std::uint32_t subset) {
      if (auto const kept = std::popcount(subset); kept >= d.least && kept <= d.most)
        add({static_cast<int>(i)}, {subset});
    };
    for (std::size_t o = 0; o < count; ++o) {
      add_if_kept(value ^ bit(o));
      for (std::size_t other = 0; other < o; ++other)
        if (takes(d, value, o) != takes(d, value, other))
          add_if_kept(value ^ bit(o) ^ bit(other));
    }
  }

  // For each decision the combinations nearest to the present one in which it has another value.
  void add_rows(constraint_group const& group) {
    std::vector<std::uint32_t> present;
    for (int const i : group.decisions)
      present.push_back(*wanted_[static_cast<std::size_t>(i)]);
    auto const distance_to = [&](std::vector<std::uint32_t> const& row) {
      std::size_t distance = 0;
      for (std::size_t m = 0; m < row.size(); ++m)
        distance += static_cast<std::size_t>(row[m] != present[m]);
      return distance;
    };
    std::set<std::vector<std::uint32_t>> nearest;
    for (std::size_t m = 0; m < present.size(); ++m) {
      auto least = present.size();
      for (auto const& row : group.allowed)
        if (row[m] != present[m])
          least = std::min(least, distance_to(row));
      for (auto const& row : group.allowed)
        if (row[m] != present[m] && distance_to(row) == least)
          nearest.insert(row);
    }
    for (auto const& row : nearest)
      add(group.decisions, row);
  }

  // The architecture with these values, unless it is the one that is left.
  void add(std::vector<int> const& decisions, std::vector<std::uint32_t> const& values) {
    auto const before = wanted_;
    for (std::size_t m = 0; m < decisions.size(); ++m)
      wanted_[static_cast<std::size_t>(decisions[m])] = values[m];
    if (wanted_ != before)
      made_.push_back(nearest());
    wanted_ = before;
  }

  // As it is wanted; a layer that may not stand where it would ends its chain.
  architecture nearest() {
    auto const draw = [&](std::vector<std::uint32_t> const& actions) {
      return actions[random_.below(static_cast<std::uint32_t>(actions.size()))];
    };
    for (process_.restart(); !process_.is_finished();) {
      auto const i = process_.decision();
      auto const& actions = process_.actions();
      auto const wanted = wanted_[i] ? process_.action_towards(*wanted_[i]) : 0;
      bool const is_allowed = wanted_[i] && std::ranges::binary_search(actions, wanted);
      process_.take(is_allowed ? wanted : ends_[i] ? 0 : draw(actions));
    }
    return process_.decided();
  }

  decision_space const& space_;
  random_generator& random_;
  decision_process process_;
  std::vector<std::optional<std::uint32_t>> wanted_; // nothing of what does not exist
  std::vector<bool> ends_;                           // layers of a chain that exists
  std::vector<architecture> made_;
};

} // namespace

std::vector<architecture> neighbours(decision_space const& space, architecture const& a, random_generator& random) {
  return neighbourhood{space, a, random}.make();
}

} // namespace espalier::compiler
