#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <string>

namespace espalier::command {

/// The search space that SPACE means, as it is declared and not yet verified: the name of a shipped one, a file of IR
/// text, or a header `path.hpp` or `path.hpp::qualified::name`, which is compiled on the spot. Anything else is a
/// `user_error` with the nearest names.
compiler::graph load_graph(std::string const& source);

/// The same, compiled: verified and expanded.
compiler::compiled_space load_space(std::string const& source);

} // namespace espalier::command
