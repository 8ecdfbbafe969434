#pragma once

#include "libtorch_leaves.hpp"

#include <string_view>
#include <vector>

namespace espalier::compiler {

/// The type of a member in a network that is deployed: in place of some modules, ones that compute the same sooner.
std::string_view deployed_type(std::string_view member);

/// The helpers that such a type, or a helper of a network that is trained, needs or gives way to, in their order; the
/// names are those of the types and helpers.
std::vector<libtorch_helper> const& deployment_helpers();

/// Whether an activation may write over what it reads: a tensor made in the region, which nothing else reads.
bool can_overwrite(operation const& op, region const& in);

} // namespace espalier::compiler
