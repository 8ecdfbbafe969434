#include "beta_decay.hpp"

#include <torch/torch.h>

namespace espalier::runtime {

at::Tensor beta_decay(std::vector<at::Tensor> const& alphas) {
  std::vector<at::Tensor> each;
  for (auto const& alpha : alphas)
    each.push_back(alpha.logsumexp(0));
  return torch::stack(each).mean();
}

} // namespace espalier::runtime
