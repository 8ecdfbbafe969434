#pragma once

#include <espalier/compiler/graph.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// How headers are compiled on the spot.
struct header_compiler {
  std::string command = "g++";                        ///< May hold options, separated by spaces.
  std::vector<std::filesystem::path> include_folders; ///< In one of them lies `espalier/dsl.hpp`.
  std::filesystem::path cache;                        ///< Folder that keeps what was compiled; empty for none.
};

/// The qualified names of the search spaces that a header declares with `NAME = search_space(...)`, in its order.
std::vector<std::string> declared_spaces(std::string_view header);

/// The structured graph of a search space that a header declares; without a qualified `name` the only one.
///
/// The header is compiled unless the cache knows it and every file it includes. A `user_error` says which spaces there
/// are where the name is missing or unknown, and what the compiler complains about, shortened to the header's own
/// lines.
graph read_header(std::filesystem::path const& header, std::string const& name, header_compiler const& tools);

} // namespace espalier::compiler
