#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/latency.hpp>

#include <string>

/// \file
/// What limits on costs are on the command line.

namespace espalier::runtime {
struct search_options;
}

namespace espalier::command {

/// Limits as they are told; empty for none.
struct limit_arguments {
  std::string max_macs;
  std::string max_params;
  std::string max_memory;
  std::string max_latency; ///< The file of a latency table and milliseconds.
};

/// Reads them into options; one that is no limit is a `user_error`.
void read_limits(limit_arguments const& arguments, compiler::compiled_space const& space,
                 runtime::search_options& options);

/// The latency table in a file.
compiler::latency_table load_latencies(std::string const& file);

/// The milliseconds after a flag; anything but a positive number is a `user_error`.
double read_milliseconds(std::string const& flag, std::string const& text);

} // namespace espalier::command
