#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/random.hpp>

#include <vector>

namespace espalier::compiler {

/// What `mutate` can make of an architecture: one for each other value of each decision that exists, by a subset each
/// that gains, loses or exchanges one member; each once. What a change lets exist is drawn, step by step uniformly over
/// what is allowed there.
std::vector<architecture> neighbours(decision_space const& space, architecture const& a, random_generator& random);

} // namespace espalier::compiler
