#pragma once

#include "decided_number.hpp"
#include "decided_value.hpp"
#include "graph_cell.hpp"

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A cost of which no sum over few decisions is known.
struct not_additive {};

/// What the decided values of one graph share: its decisions, and what is derived from them.
class decided_context {
public:
  explicit decided_context(decision_space const& space) : algebra(space, derived), space_(space) {}
  decided_context(decided_context const&) = delete;
  decided_context& operator=(decided_context const&) = delete;

  std::vector<derived_variable> derived;
  decided_algebra algebra;

  [[nodiscard]] decision const& operator[](int decision) const { return space_[static_cast<std::size_t>(decision)]; }
  [[nodiscard]] int decision_at(std::string const& path) const;

  /// A number in every combination of the decisions that it holds, in a block that reads `input`; where that is
  /// unknown, formulas over it are `not_additive`.
  [[nodiscard]] decided_value<int> number(decided_number const& n, decided_value<tensor_type> const* input) const;

  /// Whether any of them holds. Of many options that is a variable of its own: a table would hold all combinations.
  [[nodiscard]] decided_value<char> any(std::vector<decided_value<char>> const& parts);
  [[nodiscard]] decided_value<char> none(std::vector<decided_value<char>> const& parts);

  /// The vertices of a graph cell by classes of its edges in which they are alike: whether they exist and read the
  /// input, and how wide they are.
  [[nodiscard]] std::vector<decided_value<graph_vertex>> const& vertices(int edges, int count);

private:
  [[nodiscard]] cost_variable variable_of(derived_variable made);

  decision_space const& space_;
  std::map<int, std::vector<decided_value<graph_vertex>>> vertices_; // by the decision on edges
};

} // namespace espalier::compiler
