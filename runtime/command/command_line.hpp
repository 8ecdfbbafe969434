#pragma once

#include <functional>

namespace espalier::command {

/// Reads the command line and returns what it asks to be done. A mistake is a `user_error` with the nearest names.
std::function<void()> read_command_line(int argc, char const* const* argv);

} // namespace espalier::command
