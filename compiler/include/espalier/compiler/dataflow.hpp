#pragma once

#include <espalier/compiler/graph.hpp>

#include <string_view>

namespace espalier::compiler {

/// Whether a value of a region is another one, or is computed from it, through whatever is between.
bool is_computed_from(region const& in, std::string_view value, std::string_view earlier);

} // namespace espalier::compiler
