#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weights.hpp>

#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// What batch normalization does with its statistics: reads them, moves them by a tenth with each batch, or makes them
/// the mean over all batches.
enum class mode : std::uint8_t { evaluating, training, calibrating };

/// What an operation computes, given its operands and the tensors that it holds, in the order of
/// `compiler::held_tensors`; undefined ones are left out. A tied linear layer is given the embedding's weight behind
/// its own. Nothing is kept: the same kernel runs a network of its own and a path of a supernet.
using kernel = std::function<at::Tensor(at::TensorList operands, at::TensorList held, mode)>;

/// An operation with the types of its operands, from which its kernel is made.
using compiler::typed_operation;

/// A family's operations by their names.
using kernel_makers = std::map<std::string_view, kernel (*)(typed_operation const&)>;

/// \name The families; to teach the runtime an operation, add its line to one
/// @{
kernel_makers const& image_kernels();
kernel_makers const& feature_kernels();
kernel_makers const& sequence_kernels();
kernel_makers const& join_kernels();
/// @}

/// The kernel of a leaf or a join of a network.
kernel make_kernel(typed_operation const& t);

/// Gives a tensor its first values, drawn as LibTorch's modules draw them; `weight` is the one before it.
void initialize(at::Tensor tensor, compiler::held_tensor const& held, at::Tensor const& weight);

/// An image in memory pixel by pixel; other tensors as they are. Operations keep the layout of their input, and
/// depthwise convolutions are three times as fast in this one on CPUs. LibTorch takes an image of one channel for
/// channels-last only when its strides say so.
at::Tensor channels_last(at::Tensor const& x);

} // namespace espalier::runtime
