#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// One of the `candidate_names` of a choice.
std::string candidate_name(operation const& choice, std::size_t candidate);

} // namespace espalier::compiler
