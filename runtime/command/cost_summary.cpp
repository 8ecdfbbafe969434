#include "cost_summary.hpp"

#include "numbers.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::command {

namespace {

constexpr std::uint64_t median_seed = 1;
constexpr std::size_t median_samples = 2001;

} // namespace

cost_summary summarize(compiler::compiled_space const& space, long long compiler::operation_cost::*key) {
  compiler::random_generator random{median_seed};
  std::vector<long long> costs(median_samples);
  for (auto& cost : costs)
    cost = space.costs.of(compiler::sample(space.decisions, random)).*key;
  auto const middle = costs.begin() + median_samples / 2;
  std::nth_element(costs.begin(), middle, costs.end());
  return {space.costs.of(space.costs.smallest(key)).*key, *middle, space.costs.of(space.costs.largest(key)).*key};
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
