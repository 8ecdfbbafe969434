#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <string>

namespace espalier::command {

/// The search space that SPACE means: the name of a shipped one, a file of IR text, or a header `path.hpp` or
/// `path.hpp::qualified::name`, which is compiled on the spot. Anything else is a `user_error` with the nearest names.
compiler::compiled_space load_space(std::string const& source);

} // namespace espalier::command
