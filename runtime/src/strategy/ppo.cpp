#include "ppo.hpp"

#include <torch/torch.h>

namespace espalier::runtime {

ppo::parameters ppo::defaults() {
  parameters numbers;
  numbers.controller = {.hidden = 100, .layers = 1};
  numbers.steps = 2;
  numbers.learning_rate = 0.03;
  numbers.entropy_weight = 0.006;
  return numbers;
}

at::Tensor ppo::loss(at::Tensor const& log_probability, at::Tensor const& when_drawn,
                     at::Tensor const& advantage) const {
  return clipped_loss(log_probability, when_drawn, advantage, clip);
}

at::Tensor clipped_loss(at::Tensor const& now, at::Tensor const& then, at::Tensor const& advantage, double clip) {
  auto const ratio = (now - then).exp();
  return -at::minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage);
}

std::unique_ptr<strategy> make_ppo(proposer_setup const& setup) {
  return std::make_unique<ppo>(setup, ppo::defaults());
}

} // namespace espalier::runtime
