#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/network.hpp>

#include <map>
#include <set>
#include <string>

namespace espalier::runtime {

/// Skip connections in the cells of a space. A cell is what the paths of decisions begin with; one in which an edge
/// strides, as a reduction cell, is left out.
class skip_connections {
public:
  explicit skip_connections(compiler::compiled_space const& space);

  /// How many an architecture has, by cell.
  [[nodiscard]] std::map<std::string, int> count(compiler::architecture const& a) const;

  /// The architecture that relaxed weights mean with at most so many in a cell: as long as there are more, the weakest
  /// that is taken is left out (P-DARTS; Chen et al., ICCV 2019, section 3.3).
  [[nodiscard]] compiler::architecture derive(relaxation weights, int at_most) const;

private:
  [[nodiscard]] std::vector<std::size_t> taken(compiler::architecture const& a, std::string const& cell) const;

  compiler::decision_space const& decisions_;
  std::map<std::string, std::vector<std::size_t>> choices_; // by cell
  std::vector<std::size_t> option_;                         // of the skip connection, by decision
};

} // namespace espalier::runtime
