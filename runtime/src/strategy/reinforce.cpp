#include "reinforce.hpp"

#include <algorithm>

namespace espalier::runtime {

reinforce::parameters reinforce::defaults() {
  parameters numbers;
  numbers.learning_rate = 0.03;
  numbers.entropy_weight = 0.02;
  numbers.reward_power = 3;
  numbers.depth = {.first = 6, .rise = 2, .every = 1600};
  return numbers;
}

at::Tensor reinforce::loss(at::Tensor const& log_probability, at::Tensor const&, at::Tensor const& advantage) const {
  return -log_probability * advantage;
}

std::unique_ptr<strategy> make_reinforce(proposer_setup const& setup) {
  constexpr std::int64_t rises = 8; // 12,800 scores in the paper
  auto numbers = reinforce::defaults();
  if (setup.trials > 0)
    numbers.depth.every = std::max<std::int64_t>(1, setup.trials / rises);
  return std::make_unique<reinforce>(setup, numbers);
}

} // namespace espalier::runtime
