#pragma once

#include <espalier/compiler/decisions.hpp>

#include <vector>

namespace espalier::compiler {

/// The decisions of an expanded graph, parents before their children: what is chosen, selected, picked and every number
/// that is decided, each where it is first read. A name that stands for two different decisions, or for one that exists
/// under conditions that no single decision states, is a `user_error`.
std::vector<decision> collect_decisions(graph const& expanded);

/// What the constraints of an expanded graph allow. A constraint over decisions that do not exist together is a
/// `user_error`.
std::vector<constraint_group> collect_constraints(graph const& expanded, std::vector<decision> const& decisions);

/// The layer chains of an expanded graph.
std::vector<layer_automaton> collect_chains(graph const& expanded, std::vector<decision> const& decisions);

/// What the options of a select are called: the values that its edges read, whole or a `chunk` of them, or the edges
/// themselves where those are not different.
std::vector<std::string> option_names(region const& in, operation const& select);

/// The operands that a select decides on.
std::vector<std::string> decided_operands(operation const& select);

} // namespace espalier::compiler
