#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <string>

namespace espalier::command {

/// What the architectures of a space cost: minimum and maximum exactly, the median of 2,001 uniform samples of a fixed
/// seed.
struct cost_summary {
  long long minimum = 0;
  long long median = 0;
  long long maximum = 0;
};

cost_summary summarize(compiler::compiled_space const& space, long long compiler::operation_cost::*key);

/// A limit on the command line: an amount such as 600k or 12.5M, or `median`, that of the space. Anything else is a
/// `user_error`.
long long read_limit(std::string const& flag, std::string const& text, compiler::compiled_space const& space,
                     long long compiler::operation_cost::*key);

} // namespace espalier::command
