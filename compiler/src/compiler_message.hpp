#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// What a C++ compiler complained about in a header, for its author.
struct shortened_message {
  std::string text;       ///< At most 12 lines: places in the author's files, what is wrong, and the lines themselves.
  bool in_header = false; ///< Whether a complaint was about the author's files at all.
};

/// Shortens what g++ printed. An error inside our own or the system's headers is told at the author's line that led
/// there. `foreign` are the folders and files that are not the author's; `shown` replaces the path `header`.
shortened_message shorten(std::string_view diagnostics, std::filesystem::path const& header, std::string const& shown,
                          std::vector<std::filesystem::path> const& foreign);

} // namespace espalier::compiler
