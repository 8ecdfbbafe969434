#pragma once

#include <espalier/compiler/decision_roles.hpp>
#include <espalier/compiler/sample.hpp>

#include <map>

namespace espalier::compiler {

/// Where the numbers of a role stand among their options, in the order of size: 0 at the smallest, 1 at the largest.
using role_levels = std::map<decision_role, double>;

/// An architecture in which all numbers of a role stand at its level; of decisions that a constraint couples, the
/// combination that is allowed and nearest to that. Decisions of roles without a level are drawn.
architecture at_levels(decision_space const& space, std::vector<decision_role> const& roles, role_levels const& levels,
                       random_generator& random);

} // namespace espalier::compiler
