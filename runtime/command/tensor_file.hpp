#pragma once

#include <espalier/compiler/safetensors.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::command {

using named_tensors = std::map<std::string, at::Tensor>;

/// The tensors of a file: of a safetensors file, which holds nothing else, or of an archive that LibTorch wrote. A
/// damaged file is a `user_error`.
named_tensors read_tensors(std::filesystem::path const& path);

/// Tensors as a file holds them.
std::vector<compiler::stored_tensor> stored_tensors(named_tensors const& tensors);

/// Writes a safetensors file, atomically.
void write_safetensors(named_tensors const& tensors, std::filesystem::path const& path);

/// Writes an archive of LibTorch that holds tensors by name, atomically.
void write_archive(named_tensors const& tensors, std::filesystem::path const& path);

} // namespace espalier::command
