#pragma once

#include <espalier/dsl/expression.hpp>

#include <span>

namespace espalier::dsl {

/// A search space without its size in the type: what the checker, the counter and the compiler read.
struct space_view {
  std::string_view name;
  tensor_type input{};
  std::span<node const> nodes; ///< One sequence.

  /// Calls `visit(index)` for each operation that operation `parent` directly holds.
  template <class Visit>
  constexpr void for_each_child(std::size_t parent, Visit visit) const {
    for (std::size_t i = parent + 1; i < parent + nodes[parent].size; i += nodes[i].size)
      visit(i);
  }

  /// Whether two operations are the same declaration: equal but for the channels of a cell.
  [[nodiscard]] constexpr bool same_declaration(std::size_t a, std::size_t b) const {
    if (nodes[a].size != nodes[b].size)
      return false;
    auto cell_without_channels = [](node n) {
      n.attributes[n.declaration->channels] = inherited;
      return n;
    };
    bool const are_cells =
        nodes[a].declaration->form == structure::cell && nodes[b].declaration->form == structure::cell;
    if (are_cells ? cell_without_channels(nodes[a]) != cell_without_channels(nodes[b]) : nodes[a] != nodes[b])
      return false;
    for (std::size_t i = 1; i < nodes[a].size; ++i)
      if (nodes[a + i] != nodes[b + i])
        return false;
    return true;
  }
};

} // namespace espalier::dsl
