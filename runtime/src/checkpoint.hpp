#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <torch/serialize.h>

namespace espalier::runtime {

/// Writes what `save` puts into an archive, atomically.
void write_archive(std::filesystem::path const& path,
                   std::function<void(torch::serialize::OutputArchive&)> const& save);

/// Reads an archive; false if there is no such file. A damaged one is a `user_error`.
bool read_archive(std::filesystem::path const& path, std::function<void(torch::serialize::InputArchive&)> const& load);

/// A tensor of an archive. Always into a fresh one: reading into a defined tensor would reinterpret the bits as its
/// type.
at::Tensor read_tensor(torch::serialize::InputArchive& archive, std::string const& name);

/// A number that was written as a tensor of one element.
template <class Number>
Number read_number(torch::serialize::InputArchive& archive, std::string const& name) {
  return read_tensor(archive, name).template item<Number>();
}

} // namespace espalier::runtime
