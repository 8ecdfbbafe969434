#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <torch/serialize.h>

namespace espalier::runtime {

/// Writes what `save` puts into an archive, atomically.
void write_archive(std::filesystem::path const& path,
                   std::function<void(torch::serialize::OutputArchive&)> const& save);

/// Reads an archive; false if there is no such file. A damaged one is a `user_error`.
bool read_archive(std::filesystem::path const& path, std::function<void(torch::serialize::InputArchive&)> const& load);

} // namespace espalier::runtime
