#pragma once

#include <espalier/compiler/architecture.hpp>

namespace espalier::compiler {

/// A region of a supernet as an architecture has it, for an argument of this type; formulas refer to that.
region specialize_region(region const& in, tensor_type const& argument, decision_space const& space,
                         architecture const& a);

} // namespace espalier::compiler
