#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weight_change.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// What passes are given besides the graph, and what they tell.
struct pass_context {
  std::function<architecture(decision_space const&)> choose; ///< The architecture that `specialize` binds.
  weight_change weights; ///< How the weights of the last graph are made of those of the first one.
};

/// A step from graph to graph, by name. Its header is `compiler/passes/NAME.hpp`.
struct pass {
  std::string_view name;
  std::string_view what; ///< In a line.
  graph (*run)(graph const&, pass_context&);
};

/// All passes, in an order in which they can run one after another.
std::span<pass const> passes();

/// The passes that are named, separated by commas; a name that there is not is a `user_error`.
std::vector<pass> pipeline(std::string_view names);

/// What a pass did.
struct pass_report {
  pass const& of;
  graph const& after;
  bool has_changed;
  std::chrono::duration<double, std::milli> time;
};

/// Runs passes one after another, and reports each.
graph run_passes(std::vector<pass> const& steps, graph g, pass_context& context,
                 std::function<void(pass_report const&)> const& report = {});

} // namespace espalier::compiler
