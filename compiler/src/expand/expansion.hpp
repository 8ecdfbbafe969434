#pragma once

#include "../decided_number.hpp"
#include "../region_builder.hpp"

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// What the operations of one region see while they are expanded.
struct expansion_scope {
  region_builder& into;
  std::map<std::string, std::string> values; ///< The value of the expanded region for each of the structured one.
  std::string path;                          ///< Of the decisions inside.
  number_scope numbers;
  int edge_stride = 1;

  [[nodiscard]] std::string const& value_of(std::string const& structured) const { return values.at(structured); }
  [[nodiscard]] dsl::shape const& shape_of(std::string const& structured) const {
    return into.shape_of(value_of(structured));
  }
  [[nodiscard]] std::string path_to(std::string const& name) const { return path.empty() ? name : path + "/" + name; }
};

/// Expands one operation after another. Each structure of the language has a method that appends what it becomes.
class expansion {
public:
  /// Appends what an operation becomes; its results are put among the values of the scope. `name` and the scope's path
  /// are an edge's own; without a name the operation gets a fresh one.
  void append(operation const& op, expansion_scope& scope, std::string const& name = {});

  /// The expanded region, and the shape of what it yields.
  struct expanded_region {
    region body;
    dsl::shape type;
  };

  /// A region of one yielded value, called with arguments of these shapes.
  expanded_region expand_region(region const& structured, std::vector<dsl::shape> const& arguments,
                                expansion_scope const& outer, std::string const& path, int& edge_stride);

private:
  // Leaves and blocks.
  std::string append_leaf(operation op, expansion_scope& scope, std::string const& name);
  std::string append_block(operation op, expansion_scope& scope, std::string const& name);
  std::string append_join(operation op, expansion_scope& scope, std::string const& name);
  void append_statement(operation op, expansion_scope& scope);

  // Decisions and what is repeated.
  std::string append_choice(operation op, expansion_scope& scope, std::string const& name, bool has_weak_none = false);
  std::string append_branches(operation const& op, expansion_scope& scope);
  void append_repeat(operation const& op, expansion_scope& scope);
  void append_bridge(operation const& op, expansion_scope& scope);

  // Graphs.
  std::string append_cell(operation const& op, expansion_scope& scope);
  std::string append_recurrent_cell(operation const& op, expansion_scope& scope);
  std::string append_skip_chain(operation const& op, expansion_scope& scope);
  std::string append_wiring(operation const& op, expansion_scope& scope);
  std::string append_wired(operation const& op, dsl::dag const& g, expansion_scope& scope, std::string const& name);
  std::string append_graph_cell(operation const& op, expansion_scope& scope);
  std::string append_layer_chain(operation const& op, expansion_scope& scope);
  std::string append_chain(operation op, expansion_scope& scope);

  // The operation of an edge, under a name and a path of its own.
  std::string append_edge(region const& edge, expansion_scope& scope, std::string const& operand,
                          std::string const& path, std::string const& name, int stride, bool has_weak_none);
  // All operations of a region, in line; what it yields.
  std::vector<std::string> append_inline(region const& body, expansion_scope const& outer,
                                         std::vector<std::string> const& arguments, std::string const& path,
                                         int& edge_stride);

  friend class cell_expansion;
};

/// Gives the decisions of a number that have no name the path of their place.
void name_decisions(decided_number& n, std::string const& path);

/// How many channels an operation gives: a constant (as many as it reads), or what a decision says.
struct channel_number {
  int constant = dsl::inherited;
  std::vector<decided_number> decided; ///< One at most.
};

/// ReLU, 1x1 convolution or, where the map is halved, factorized reduction, and batch normalization, as one block.
std::string append_preprocess(region_builder& into, std::string const& operand, channel_number const& channels,
                              bool halves, std::string const& label, std::string const& name);

/// One of several values: `which` counts from 0.
std::string append_pick(region_builder& into, std::vector<std::string> values, decided_number which,
                        std::string const& name);

/// A decision among the numbers from 0 to `count` - 1.
decided_number index_decision(std::string label, int count);

/// A formula of two numbers.
decided_number difference(decided_number a, int b);

} // namespace espalier::compiler
