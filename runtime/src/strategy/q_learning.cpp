#include "q_learning.hpp"

#include "proposing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace espalier::runtime {

q_learning::parameters q_learning::parameters::of(std::int64_t trials) {
  parameters numbers;
  if (trials == 0)
    return numbers;
  auto const whole = std::accumulate(numbers.schedule.begin(), numbers.schedule.end(), std::int64_t{0},
                                     [](std::int64_t sum, stage const& s) { return sum + s.models; });
  std::int64_t passed = 0;
  std::int64_t stretched = 0;
  for (auto& s : numbers.schedule) {
    passed += s.models;
    auto const end = std::llround(static_cast<double>(passed * trials) / static_cast<double>(whole));
    s.models = end - std::exchange(stretched, end);
  }
  return numbers;
}

q_learning::q_learning(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                       parameters numbers)
    : space_(space), limit_(std::move(limit)), random_(seed), numbers_(std::move(numbers)), process_(space) {}

double q_learning::epsilon() const {
  auto left = static_cast<std::int64_t>(scored_.size());
  for (auto const& s : numbers_.schedule) {
    if (left < s.models)
      return s.epsilon;
    left -= s.models;
  }
  return numbers_.schedule.back().epsilon;
}

compiler::architecture q_learning::propose() {
  constexpr int tries = 1000; // what is learned may lead beyond the constraint
  for (int i = 0; i < tries; ++i)
    if (auto a = walk(); limit_.admits(a))
      return a;
  return compiler::sample(space_, random_, limit_);
}

compiler::architecture q_learning::walk() {
  auto const epsilon = this->epsilon();
  std::vector<std::uint32_t> best;
  for (process_.restart(); !process_.is_finished();) {
    auto const& actions = process_.actions();
    if (random_.uniform() < epsilon) {
      process_.take(actions[random_.below(static_cast<std::uint32_t>(actions.size()))]);
      continue;
    }
    auto const [first, count] = entries_of_step();
    auto const values = std::span{table_}.subspan(first, count);
    auto const greatest = std::ranges::max(values);
    best.clear();
    for (std::size_t i = 0; i < count; ++i)
      if (values[i] == greatest)
        best.push_back(actions[i]);
    process_.take(best[random_.below(static_cast<std::uint32_t>(best.size()))]);
  }
  return process_.decided();
}

void q_learning::observe(compiler::architecture const& a, double score) {
  trajectory made{{}, score};
  for (process_.restart(); !process_.is_finished();) {
    auto const from = entries_of_step();
    auto const action = process_.action_towards(a.values[process_.decision()]);
    auto const place = std::ranges::lower_bound(process_.actions(), action) - process_.actions().begin();
    made.transitions.push_back({from, from.first + static_cast<std::size_t>(place)});
    process_.take(action);
  }
  memory_.push_back(std::move(made));
  scored_.insert(a);
  for (std::size_t i = 0; i < numbers_.replays; ++i)
    replay(memory_[random_.below(static_cast<std::uint32_t>(memory_.size()))]);
}

// Last step first, so that a reward reaches the first step at once.
void q_learning::replay(trajectory const& t) {
  auto target = t.reward;
  for (auto i = t.transitions.size(); i-- > 0;) {
    auto const& [from, taken] = t.transitions[i];
    table_[taken] += numbers_.learning_rate * (target - table_[taken]);
    target = numbers_.discount * std::ranges::max(std::span{table_}.subspan(from.first, from.count));
  }
}

q_learning::entries q_learning::entries_of_step() {
  auto const count = process_.actions().size();
  auto const [found, is_new] = states_.try_emplace(process_.present(), entries{table_.size(), count});
  if (is_new)
    table_.resize(table_.size() + count, numbers_.initial);
  return found->second;
}

std::vector<double> q_learning::values_along(compiler::architecture const& a) const {
  std::vector<double> values;
  for (compiler::decision_process walk{space_}; !walk.is_finished();) {
    auto const action = walk.action_towards(a.values[walk.decision()]);
    auto const place = std::ranges::lower_bound(walk.actions(), action) - walk.actions().begin();
    auto const known = states_.find(walk.present());
    values.push_back(known == states_.end() ? numbers_.initial
                                            : table_[known->second.first + static_cast<std::size_t>(place)]);
    walk.take(action);
  }
  return values;
}

std::unique_ptr<strategy> make_q_learning(proposer_setup const& setup) {
  return std::make_unique<q_learning>(setup.space.decisions, setup.limit, setup.seed,
                                      q_learning::parameters::of(setup.trials));
}

} // namespace espalier::runtime
