#include <espalier/compiler/error.hpp>
#include <espalier/compiler/within_budget.hpp>

#include <string>
#include <utility>

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

constexpr int max_tries = 100'000;

std::string limits_of(constraint const& limit) {
  std::vector<std::string> limits;
  if (limit.max_macs)
    limits.push_back(fmt::format("at most {} macs", *limit.max_macs));
  if (limit.max_params)
    limits.push_back(fmt::format("at most {} params", *limit.max_params));
  return fmt::format("{}", fmt::join(limits, " and "));
}

// The least cost, where it can be told.
std::optional<long long> smallest(cost_model const& model, long long operation_cost::*key) try {
  return model.of(model.smallest(key)).*key;
} catch (user_error const&) { // it couples too many decisions
  return {};
}

std::string stated(std::optional<long long> const& cost) {
  return cost ? fmt::format("{}", *cost) : "an unknown number of";
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
// both.
std::optional<architecture> rare_sample(constraint const& limit, random_generator& random) {
  auto const& within = counted_within(limit);
  for (int i = 0; within && i < max_tries; ++i)
    if (auto a = within->sample(random); limit.admits(a))
      return a;
  return {};
}

} // namespace

bool constraint::admits(architecture const& a) const {
  if (!max_macs && !max_params)
    return true;
  auto const cost = model->of(a);
  return (!max_macs || cost.macs <= *max_macs) && (!max_params || cost.params <= *max_params);
}

void constraint::require_feasible() const {
  auto const require = [&](std::optional<long long> const& limit, long long operation_cost::*key, char const* name) {
    if (!limit)
      return;
    if (auto const least = smallest(*model, key); least && *least > *limit)
      throw user_error(
          fmt::format("no architecture has at most {0} {2}: the smallest has {1} {2}; raise the limit to that", *limit,
                      *least, name));
  };
  require(max_macs, &operation_cost::macs, "macs");
  require(max_params, &operation_cost::params, "params");
}

architecture sample(decision_space const& space, random_generator& random, constraint const& limit) {
  bool const is_counted = limit.counted && limit.counted->is_of(limit) && limit.counted->within;
  for (int i = 0; i < max_tries && !is_counted; ++i)
    if (auto a = sample(space, random); limit.admits(a))
      return a;
  if (!is_counted)
    limit.require_feasible();
  if (auto found = rare_sample(limit, random))
    return *found;
  throw user_error(
      fmt::format("fewer than 1 in {} architectures has {}: none was found; the smallest have {} macs and {} params; "
                  "raise the limit",
                  max_tries, limits_of(limit), stated(smallest(*limit.model, &operation_cost::macs)),
                  stated(smallest(*limit.model, &operation_cost::params))));
}

} // namespace espalier::compiler
