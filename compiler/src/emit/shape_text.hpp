#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// A type as comments and pages write it: [N, 16, 14, 14].
std::string shape_text(tensor_type const& type);

/// What a region reads and gives: [N, 16, 14, 14] -> [N, 10].
std::string shapes_text(region const& body);

} // namespace espalier::compiler
