#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>

namespace espalier::compiler {

/// The network as it is written down in every language: without what computes nothing.
graph simplify_for_emission(graph const& network);

/// 1234567 as 1,234,567.
std::string grouped(long long value);

} // namespace espalier::compiler
