#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace espalier::compiler {

/// Runs a program, found by PATH, in the C locale with its output and its complaints in two files. Returns its exit
/// status; one that cannot be run or is killed is a `user_error`.
int run_process(std::vector<std::string> const& arguments, std::filesystem::path const& output,
                std::filesystem::path const& complaints);

} // namespace espalier::compiler
