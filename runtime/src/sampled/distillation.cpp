#include "distillation.hpp"

#include <torch/torch.h>

namespace espalier::runtime {

at::Tensor distillation_loss(at::Tensor const& logits, at::Tensor const& of_teacher) {
  return -(torch::softmax(of_teacher.detach(), 1) * torch::log_softmax(logits, 1)).sum(1).mean();
}

} // namespace espalier::runtime
