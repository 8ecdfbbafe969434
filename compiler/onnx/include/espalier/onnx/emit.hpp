#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/safetensors.hpp>

#include <string>
#include <vector>

namespace espalier::onnx {

/// An ONNX model (operator set 13) of a network without decisions, serialized, with its weights inside as initializers
/// under the names of the state dict. Values are called by their paths (`normal0.node1`); the batch is open. What ONNX
/// cannot express is a `user_error`; a tensor that is missing or does not fit is an `internal_error`.
std::string emit_model(compiler::graph const& network, std::vector<compiler::stored_tensor> const& weights);

} // namespace espalier::onnx
