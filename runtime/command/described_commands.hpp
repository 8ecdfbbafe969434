#pragma once

#include "completion.hpp"

#include <vector>

#include <CLI/CLI.hpp>

namespace espalier::command {

/// The subcommands of a command line as a shell completes them, with what their arguments are known to take.
std::vector<command_description> described_commands(CLI::App const& app);

} // namespace espalier::command
