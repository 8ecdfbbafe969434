#pragma once

#include <espalier/compiler/graph.hpp>

#include <vector>

namespace espalier::compiler {

/// The shape of the result of an operation that joins several operands, which agree as far as it needs.
dsl::shape joined_shape(operation const& join, std::vector<dsl::shape> const& operands);

/// The same at its widest.
tensor_type joined_type(operation const& join, std::vector<tensor_type> const& operands);

} // namespace espalier::compiler
