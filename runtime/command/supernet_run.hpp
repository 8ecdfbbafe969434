#pragma once

#include <espalier/runtime/search.hpp>

#include <filesystem>

#include <nlohmann/json.hpp>

/// \file
/// What a search whose strategy trains a supernet left in its folder.

namespace espalier::command {

/// The file of the supernet's weights.
std::filesystem::path supernet_of_run(std::filesystem::path const& folder);

/// The options that the search drew its images by. With other data than this identity (`identity_of`), images that
/// trained the weights would judge them: a `user_error`, as where the folder is none of such a search.
runtime::search_options options_of_run(std::filesystem::path const& folder, nlohmann::json const& data);

} // namespace espalier::command
