#pragma once

#include "limits.hpp"

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

/// \file
/// Arguments that several subcommands have.

namespace espalier::command {

void add_space(CLI::App& to, std::string& space);
void add_architecture(CLI::App& to, std::string& architecture);
void add_data(CLI::App& to, std::string& data);
/// The same where a command can do without.
CLI::Option& add_optional_data(CLI::App& to, std::string& data);
/// `--out` of a run.
void add_folder(CLI::App& to, std::string& folder);
void add_limits(CLI::App& to, limit_arguments& limits);
void add_seed(CLI::App& to, std::uint64_t& seed);
/// A number of images, epochs and the like; `least` is 0 where that stands for all of them or a strategy's own default.
void add_number(CLI::App& to, std::string const& flag, std::int64_t& number, std::string const& what, int least);
void add_rate(CLI::App& to, std::string const& flag, double& rate, std::string const& what);

/// CLI11's validators, without their names in the help.
extern CLI::Validator const not_negative;
extern CLI::Validator const positive;

} // namespace espalier::command
