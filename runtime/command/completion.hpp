#pragma once

#include <string>
#include <vector>

namespace espalier::command {

/// A flag or a positional argument, as a shell completes it.
struct argument_description {
  std::string name; ///< `--seed`, or `SPACE` for a positional one.
  std::string what;
  bool takes_value = true;
  std::vector<std::string> values; ///< That it is known to take; where there are none, a file.
};

/// A subcommand, as a shell completes it.
struct command_description {
  std::string name;
  std::string what;
  std::vector<argument_description> positionals;
  std::vector<argument_description> flags;
};

/// The completion script for bash, zsh or fish; another shell is a `user_error`.
std::string completion_script(std::string const& shell, std::vector<command_description> const& commands);

} // namespace espalier::command
