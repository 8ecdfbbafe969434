#pragma once

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// The mean cross entropy of logits [N, classes] with what a teacher's logits say behind a softmax (Hinton et al.,
/// 2015, without a temperature). No gradient reaches the teacher.
at::Tensor distillation_loss(at::Tensor const& logits, at::Tensor const& of_teacher);

} // namespace espalier::runtime
