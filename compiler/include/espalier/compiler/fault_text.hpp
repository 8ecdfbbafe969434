#pragma once

#include <espalier/dsl/rules.hpp>

#include <string>

namespace espalier::compiler {

/// A fault as a sentence with both numbers and the remedy: `kernel 4 is even, ... (use an odd kernel such as 5)
/// [even-kernel]`.
std::string sentence(dsl::fault const& problem);

} // namespace espalier::compiler
