#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/space_view.hpp>

namespace espalier::compiler {

/// The structured graph of a space declared in C++.
graph lower(dsl::space_view space);

} // namespace espalier::compiler
