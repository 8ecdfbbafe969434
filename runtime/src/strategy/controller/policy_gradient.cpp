#include "policy_gradient.hpp"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;

depth_limit depth_schedule::at(std::int64_t scores) const {
  return static_cast<depth_limit>(std::min<std::int64_t>(any_depth, first + rise * (scores / every)));
}

policy_gradient::policy_gradient(proposer_setup const& setup, parameters const& numbers)
    : numbers_(numbers), limit_(setup.limit), policy_(setup.space, numbers.controller, setup.seed), random_(setup.seed),
      optimizer_(policy_.weights(), torch::optim::AdamOptions{numbers.learning_rate}),
      baseline_(numbers.baseline_decay) {}

compiler::architecture policy_gradient::propose() {
  if (drawn_.empty())
    for (auto& one : policy_.draw(numbers_.batch, random_, limit_, depth()))
      drawn_.push_back(std::move(one));
  auto const [a, log_probability] = std::move(drawn_.front());
  drawn_.pop_front();
  proposed_.insert_or_assign(a, log_probability);
  return a;
}

void policy_gradient::observe(compiler::architecture const& a, double score) {
  observed_.push_back({a, std::pow(score, numbers_.reward_power), proposed_.at(a)});
  ++scores_;
  if (observed_.size() == numbers_.batch)
    learn();
}

void policy_gradient::learn() {
  std::vector<compiler::architecture> batch;
  std::vector<float> rewards, log_probabilities;
  for (auto const& o : observed_) {
    batch.push_back(o.a);
    rewards.push_back(static_cast<float>(o.reward));
    log_probabilities.push_back(o.log_probability);
  }
  auto const reward = torch::tensor(rewards);
  auto const advantage = reward - baseline_.value().value_or(reward.mean().item<double>());
  for (int i = 0; i < numbers_.steps; ++i) {
    optimizer_.zero_grad();
    auto const said = policy_.judge(batch, depth());
    auto const lowered = loss(said.log_probability, torch::tensor(log_probabilities), advantage);
    (lowered - numbers_.entropy_weight * said.entropy).mean().backward();
    optimizer_.step();
  }
  for (auto const& o : observed_)
    baseline_.add(o.reward);
  observed_.clear();
  drawn_.clear(); // the next ones are from the policy as it is now
}

} // namespace espalier::runtime
