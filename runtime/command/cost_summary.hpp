#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <optional>
#include <string>

namespace espalier::command {

/// What the architectures of a space cost: minimum and maximum exactly, or nothing where shapes depend on too many
/// decisions at once; the median of uniform samples of a fixed seed.
struct cost_summary {
  std::optional<long long> minimum;
  long long median = 0;
  std::optional<long long> maximum;
};

cost_summary summarize(compiler::compiled_space const& space, long long compiler::operation_cost::*key);

/// A limit on the command line: an amount such as 600k or 12.5M, or `median`, that of the space. Anything else is a
/// `user_error`.
long long read_limit(std::string const& flag, std::string const& text, compiler::compiled_space const& space,
                     long long compiler::operation_cost::*key);

} // namespace espalier::command
