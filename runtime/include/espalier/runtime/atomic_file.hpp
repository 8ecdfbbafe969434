#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace espalier::runtime {

/// Replaces a file as a whole: written aside in its folder, synced, renamed; a failure (user_error) leaves the old file
/// as it was.
void write_atomically(std::filesystem::path const& path, std::string_view bytes);

/// The bytes of a file; a user_error names a file that cannot be read.
std::string read_file(std::filesystem::path const& path);

/// Whether a file name is that of a file written aside, which a killed process may leave behind.
bool is_written_aside(std::filesystem::path const& path);

} // namespace espalier::runtime
