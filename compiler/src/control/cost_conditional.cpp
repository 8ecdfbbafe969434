#include <espalier/compiler/cost_conditional.hpp>

#include "plan.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using control::chain_of_layers;
using control::plan;

constexpr int max_tries = 100; // as the released code

template <class T>
T const& random_one(std::span<T const> these, random_generator& random) {
  return these[random.below(static_cast<std::uint32_t>(these.size()))];
}

// The state that the layers of a chain before the k-th lead to.
std::size_t state_before(chain_of_layers const& chain, std::size_t k, std::vector<std::uint32_t> const& values) {
  std::size_t state = 0;
  for (std::size_t j = 0; j < k; ++j)
    state = static_cast<std::size_t>(chain[j].states[state].next[values[chain[j].decision]]);
  return state;
}

// Takes each unit that exists from one of some architectures in which it exists, each time another one. What exists in
// the result exists as often in these, so that about one pick a unit suffices.
template <class Pick>
architecture recombined(plan const& p, Pick pick) {
  architecture made{std::vector<std::uint32_t>(p.nodes.size())};
  auto& values = made.values;
  auto const pick_where = [&](auto holds) -> std::vector<std::uint32_t> const& {
    for (;;)
      if (std::vector<std::uint32_t> const& picked = pick(); holds(picked))
        return picked;
  };
  for (auto const& u : p.units) {
    auto const exists = [&](std::vector<std::uint32_t> const& v) { return p.exists(v, u.decisions.front()); };
    if (!exists(values))
      continue;
    if (u.chain == control::no_chain) {
      auto const& picked = pick_where(exists);
      for (auto const i : u.decisions)
        values[i] = picked[i];
      continue;
    }
    auto const& chain = p.chains[u.chain];
    for (std::size_t k = 0; k < chain.size() && p.exists(values, chain[k].decision); ++k) {
      auto const i = chain[k].decision;
      auto const state = state_before(chain, k, values);
      values[i] = pick_where(
          [&](std::vector<std::uint32_t> const& v) { return p.exists(v, i) && state_before(chain, k, v) == state; })[i];
    }
  }
  return made;
}

} // namespace

cost_conditional::cost_conditional(cost_model const& costs, std::uint64_t seed, parameters numbers)
    : costs_(&costs), step_(numbers.step) {
  random_generator random{seed};
  drawn_.reserve(numbers.architectures);
  for (std::size_t i = 0; i < numbers.architectures; ++i) {
    auto a = compiler::sample(costs.space(), random);
    auto const macs = costs.of(a).macs;
    drawn_.push_back({std::move(a), macs});
  }
  std::ranges::sort(drawn_, [](priced_architecture const& x, priced_architecture const& y) {
    return x.macs != y.macs ? x.macs < y.macs : x.a < y.a;
  });
  if (step_ == 0)
    step_ = std::max((drawn_.back().macs - drawn_.front().macs + 49) / 50, 1LL);
  for (std::size_t i = 0; i < drawn_.size(); ++i)
    if (auto const target = target_of(drawn_[i].macs); targets_.empty() || targets_.back() != target) {
      targets_.push_back(target);
      first_.push_back(i);
    }
  first_.push_back(drawn_.size());
}

long long cost_conditional::target_of(long long macs) const {
  return (macs + step_ / 2) / step_ * step_;
}

long long cost_conditional::draw_target(random_generator& random, target_law law) const {
  if (law == target_law::uniform)
    return random_one(std::span{targets_}, random);
  return target_of(random_one(std::span{drawn_}, random).macs);
}

std::span<cost_conditional::priced_architecture const> cost_conditional::drawn_at(long long target) const {
  auto const found = std::ranges::lower_bound(targets_, target);
  if (found == targets_.end() || *found != target)
    throw user_error(
        fmt::format("none of {} random architectures has about {} macs: they have {} to {} in steps of {}; "
                    "choose a multiple of the step within that",
                    drawn_.size(), target, targets_.front(), targets_.back(), step_));
  auto const t = static_cast<std::size_t>(found - targets_.begin());
  return std::span{drawn_}.subspan(first_[t], first_[t + 1] - first_[t]);
}

architecture cost_conditional::sample(random_generator& random, long long target) const {
  auto const alike = drawn_at(target);
  auto const& p = costs_->space().plan();
  for (int i = 0; i < max_tries; ++i)
    if (auto a =
            recombined(p, [&]() -> std::vector<std::uint32_t> const& { return random_one(alike, random).a.values; });
        target_of(costs_->of(a).macs) == target)
      return a;
  return random_one(alike, random).a;
}

} // namespace espalier::compiler
