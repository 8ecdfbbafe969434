#pragma once

#include <espalier/compiler/weight_change.hpp>

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// Tensors by name, as in a state dict.
using named_tensors = std::map<std::string, at::Tensor>;

/// What passes made of the tensors of a network: those that they did not change are shared, not copied. A tensor that
/// is missing is a `user_error`.
named_tensors changed_weights(named_tensors tensors, compiler::weight_change const& change);

} // namespace espalier::runtime
