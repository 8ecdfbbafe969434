#include <espalier/compiler/count_within.hpp>

#include "cost_walk.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/count.hpp>
#include <espalier/dsl/message.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace espalier::compiler {
namespace {

using dsl::cardinality;
using dsl::space_view;
using dsl::structure;

void require_valid(space_view space) {
  auto const found = dsl::check(space);
  if (!found.problem)
    return;
  std::string sentence;
  dsl::detail::explain(space, found, [&](char c) { sentence += c; });
  throw user_error(sentence);
}

/// The given limits and those of the space.
cost_limits all_limits(space_view space, cost_limits limits) {
  for (std::size_t i = 0; i < space.nodes.size(); ++i)
    if (space.form(i) == structure::budget) {
      auto const& a = space[i].attributes;
      auto& limit = a[0] == 0 ? limits.params : limits.macs;
      long long const most = 1'000'000LL * a[1] + a[2];
      limit = limit ? std::min(*limit, most) : most;
    }
  return limits;
}

/// Counts, for one after the other, what is given for decisions that cells at several places depend on.
class budget_count {
public:
  budget_count(space_view space, cost_limits const& limits)
      : space_(space), names_(space), limits_(limits), all_(dsl::count_architectures(space).approximate()) {
    limits_.work_left = &work_left_;
    for (std::size_t i = 1; i < space.nodes.size(); ++i)
      if (!space[i].name.empty() && !names_.within_constraint(i) && names_.always_exists(i))
        add_open(i);
  }

  cardinality count() { return count({}, 0); }

private:
  struct open_decision {
    std::uint64_t id = 0;
    std::vector<long long> values;
  };

  void add_open(std::size_t i) {
    open_decision open;
    if (space_.form(i) == structure::cell && space_[i].attributes[6] == 1) {
      open.id = loose_ends_id(space_[i].name);
      for (int n = 1; n <= space_[i].attributes[1]; ++n)
        open.values.push_back(n);
    } else if (space_.is_decided_number(i)) {
      dsl::detail::number_evaluator const number{space_};
      open.id = id_of(space_[i].name);
      for (long long o = 0; o < number.options(i); ++o)
        open.values.push_back(number.option(i, o));
    }
    bool const is_new =
        std::none_of(open_.begin(), open_.end(), [&](open_decision const& other) { return other.id == open.id; });
    if (!open.values.empty() && is_new)
      open_.push_back(open);
  }

  /// Whether each named cell that stands at several places stands there in every architecture, and reads the same.
  bool survey(shared_values const& given, cell_placements& found) {
    auto const table = cost_walk{space_, names_, {{}, {}, &work_left_}, found, true}.run(given);
    for (std::size_t i = 1; i < space_.nodes.size(); ++i) {
      if (space_.form(i) != structure::cell || !names_.is_shared(space_[i].name))
        continue;
      auto const places = found.of[id_of(space_[i].name)].size();
      for (auto const& row : table.rows())
        if (auto const* const met = find(row.after.decided, places_id(space_[i].name));
            met != nullptr && static_cast<std::size_t>(met->value) != places)
          return false;
    }
    return !found.vary;
  }

  cardinality count(shared_values const& given, std::size_t next) {
    cell_placements found;
    if (survey(given, found))
      return cost_walk{space_, names_, limits_, found, false}.count(given, all_);
    if (next == open_.size())
      throw user_error(fmt::format(
          "{}: architectures within a budget cannot be counted: a cell stands at several places, and what it reads "
          "there depends on decisions without a name; name them, or count with the cell at one place",
          space_.name.stem()));
    cardinality sum;
    for (long long const value : open_[next].values) {
      auto more = given;
      more.push_back({open_[next].id, value, forever});
      sum += count(more, next + 1);
    }
    return sum;
  }

  space_view space_;
  name_uses names_;
  cost_limits limits_;
  long long work_left_ = 1LL << 29U; // seconds
  double all_;
  std::vector<open_decision> open_;
};

cardinality count_within(space_view space, cost_limits const& limits) {
  require_valid(space);
  try {
    return budget_count{space, all_limits(space, limits)}.count();
  } catch (too_many_costs const&) {
    throw user_error(
        fmt::format("{}: architectures within a budget cannot be counted: they have too many different costs "
                    "for that; fix some of the space's numbers",
                    space.name.stem()));
  }
}

} // namespace

cardinality count_within(space_view space, dsl::params most) {
  return count_within(space, cost_limits{most.value, {}});
}

cardinality count_within(space_view space, dsl::macs most) {
  return count_within(space, cost_limits{{}, most.value});
}

cardinality count_within(space_view space) {
  return count_within(space, cost_limits{});
}

} // namespace espalier::compiler
