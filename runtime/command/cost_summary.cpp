#include "cost_summary.hpp"

#include "numbers.hpp"

#include <espalier/compiler/declared_facts.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::command {

namespace {

constexpr std::uint64_t median_seed = 1;
constexpr std::size_t median_samples = 2001;
constexpr std::size_t few_samples = 101; // where each architecture is bound to be measured

// An extreme that the declaration settles, or else that of the sum over decisions, if there is one.
std::optional<long long> extreme(compiler::compiled_space const& space, long long compiler::operation_cost::*key,
                                 bool is_largest) try {
  auto const facts = compiler::facts_of(space.structured);
  auto const& declared = key == &compiler::operation_cost::params ? facts.params : facts.macs;
  if (auto const& settled = is_largest ? declared.greatest : declared.least)
    return settled;
  return space.costs.of(is_largest ? space.costs.largest(key) : space.costs.smallest(key)).*key;
} catch (user_error const&) { // it couples too many decisions
  return {};
}

} // namespace

cost_summary summarize(compiler::compiled_space const& space, long long compiler::operation_cost::*key) {
  compiler::random_generator random{median_seed};
  std::vector<long long> costs(space.costs.is_sum() ? median_samples : few_samples);
  for (auto& cost : costs)
    cost = space.costs.of(compiler::sample(space.decisions, random)).*key;
  auto const middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
  std::nth_element(costs.begin(), middle, costs.end());
  return {extreme(space, key, false), *middle, extreme(space, key, true)};
}

long long read_limit(std::string const& flag, std::string const& text, compiler::compiled_space const& space,
                     long long compiler::operation_cost::*key) {
  if (text == "median")
    return summarize(space, key).median;
  if (auto const amount = parse_amount(text))
    return *amount;
  throw user_error(fmt::format("{} is '{}': give an amount such as 600000, 600k or 12.5M, or 'median'", flag, text));
}

} // namespace espalier::command
