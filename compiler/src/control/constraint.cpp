#include <espalier/compiler/error.hpp>
#include <espalier/compiler/within_budget.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

/// The architectures within a limit, counted, where they can be.
struct counted_budget {
  cost_model const* model;
  std::optional<long long> max_macs;
  std::optional<long long> max_params;
  std::optional<architectures_within> within;

  [[nodiscard]] bool is_of(constraint const& limit) const {
    return model == limit.model && max_macs == limit.max_macs && max_params == limit.max_params;
  }
};

namespace {

// Fewer where an architecture is bound to be measured, which takes up to milliseconds.
int max_tries(constraint const& limit) {
  return limit.measured.empty() ? 100'000 : 10'000;
}

std::string most_of(measured_limit const& limit) {
  return fmt::format("{} {} of {}", limit.most, limit.unit, limit.name);
}

// Rounded up to thousandths, so that a limit of that much can be met.
std::string amount_of(measured_limit const& limit, double cost) {
  return fmt::format("{} {} of {}", std::ceil(cost * 1000) / 1000, limit.unit, limit.name);
}

std::string limits_of(constraint const& limit) {
  std::vector<std::string> limits;
  if (limit.max_macs)
    limits.push_back(fmt::format("at most {} macs", *limit.max_macs));
  if (limit.max_params)
    limits.push_back(fmt::format("at most {} params", *limit.max_params));
  for (auto const& m : limit.measured)
    limits.push_back("at most " + most_of(m));
  return fmt::format("{}", fmt::join(limits, " and "));
}

using counted_cost = long long operation_cost::*;

// The architecture of least cost, where it can be told.
std::optional<architecture> smallest(cost_model const& model, counted_cost key) try {
  return model.smallest(key);
} catch (user_error const&) { // it couples too many decisions
  return {};
}

std::string stated(cost_model const& model, counted_cost key) {
  auto const least = smallest(model, key);
  return least ? fmt::format("{}", model.of(*least).*key) : "an unknown number of";
}

// Of a cost of which the least is unknown, that of the smallest architecture, by macs or by params.
std::string cost_of_smallest(cost_model const& model, measured_limit const& limit) {
  std::vector<std::pair<double, char const*>> known;
  for (auto const& [key, name] : {std::pair{&operation_cost::macs, "macs"}, {&operation_cost::params, "params"}})
    if (auto const a = smallest(model, key))
      known.emplace_back(limit.of(*a), name);
  if (known.empty())
    return {};
  auto const [least, name] = *std::ranges::min_element(known);
  return fmt::format(", the architecture of fewest {} has {}", name, amount_of(limit, least));
}

std::string smallest_costs(constraint const& limit) {
  auto text = fmt::format("the smallest have {} macs and {} params", stated(*limit.model, &operation_cost::macs),
                          stated(*limit.model, &operation_cost::params));
  for (auto const& m : limit.measured)
    text += m.least ? fmt::format(" and {}", amount_of(m, *m.least)) : cost_of_smallest(*limit.model, m);
  return text;
}

[[noreturn]] void refuse(std::string const& most, std::string const& least) {
  throw user_error(
      fmt::format("no architecture has at most {}: the smallest has {}; raise the limit to that", most, least));
}

std::optional<architectures_within> const& counted_within(constraint const& limit) {
  if (!limit.counted || !limit.counted->is_of(limit)) {
    auto const key = limit.max_macs ? &operation_cost::macs : &operation_cost::params;
    auto within = architectures_within::find(*limit.model, key, limit.max_macs ? *limit.max_macs : *limit.max_params);
    limit.counted = std::make_shared<counted_budget const>(
        counted_budget{limit.model, limit.max_macs, limit.max_params, std::move(within)});
  }
  return limit.counted->within;
}

// Where few architectures satisfy a constraint: uniform among those that satisfy one limit exactly, until one satisfies
// all.
std::optional<architecture> rare_sample(constraint const& limit, random_generator& random) {
  if (!limit.max_macs && !limit.max_params)
    return {};
  auto const& within = counted_within(limit);
  for (int i = 0; within && i < max_tries(limit); ++i)
    if (auto a = within->sample(random); limit.admits(a))
      return a;
  return {};
}

} // namespace

bool constraint::admits(architecture const& a) const {
  if (max_macs || max_params)
    if (auto const cost = model->of(a);
        (max_macs && cost.macs > *max_macs) || (max_params && cost.params > *max_params))
      return false;
  return std::ranges::all_of(measured, [&](measured_limit const& m) { return m.of(a) <= m.most; });
}

void constraint::require_feasible() const {
  auto const require = [&](std::optional<long long> const& limit, counted_cost key, char const* name) {
    if (!limit)
      return;
    auto const a = smallest(*model, key);
    if (auto const least = a ? model->of(*a).*key : *limit; least > *limit)
      refuse(fmt::format("{} {}", *limit, name), fmt::format("{} {}", least, name));
  };
  require(max_macs, &operation_cost::macs, "macs");
  require(max_params, &operation_cost::params, "params");
  for (auto const& m : measured)
    if (m.least && *m.least > m.most)
      refuse(most_of(m), amount_of(m, *m.least));
}

architecture sample(decision_space const& space, random_generator& random, constraint const& limit) {
  bool const is_counted = limit.counted && limit.counted->is_of(limit) && limit.counted->within;
  for (int i = 0; i < max_tries(limit) && !is_counted; ++i)
    if (auto a = sample(space, random); limit.admits(a))
      return a;
  if (!is_counted)
    limit.require_feasible();
  if (auto found = rare_sample(limit, random))
    return *found;
  throw user_error(fmt::format("fewer than 1 in {} architectures has {}: none was found; {}; raise the limit",
                               max_tries(limit), limits_of(limit), smallest_costs(limit)));
}

} // namespace espalier::compiler
