#pragma once

#include <espalier/compiler/decisions.hpp>

#include <cstdint>
#include <vector>

namespace espalier::compiler {

/// What a decision is about: most are numbers, by what they size.
enum class decision_role : std::uint8_t {
  resolution, ///< The maps that the network reads.
  depth,      ///< Which of several values is taken, each computed from the one before it: how often a body is repeated.
  width,      ///< Channels, features or heads.
  kernel,
  expansion, ///< How many times as wide as another width that is not constant.
  input,     ///< Which of several values are read: a cell's hidden states and edges, any subset.
  other      ///< Anything else: candidates, and numbers such as bits, groups or dilation.
};

/// The role of each decision of an expanded graph, by the attributes in which it stands; of several roles the first in
/// the order of `decision_role`.
std::vector<decision_role> roles_of(graph const& expanded, decision_space const& space);

} // namespace espalier::compiler
