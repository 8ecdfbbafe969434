#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/compiled_space.hpp>

#include <cstddef>
#include <vector>

namespace espalier::runtime {

/// How a value of a cell is made of earlier ones, as far as decisions say.
struct cell_step {
  struct read {
    std::size_t value; ///< The inputs of the cell come first, then what each step makes.
    int option = -1;   ///< It is read where `gate` takes this option, or always.
  };

  std::vector<read> reads{};
  int gate = -1;             ///< The decision that says which values are read.
  int choice = -1;           ///< The decision that chooses an operation.
  std::vector<int> labels{}; ///< By option of `choice`: the operation, -1 for none.
};

/// A cell, of which the last step makes the output.
struct cell_plan {
  std::size_t inputs = 0;
  int operations = 0; ///< How many different ones there are.
  std::vector<cell_step> steps;

  /// Whether this decision stands in some step.
  [[nodiscard]] bool has(std::size_t decision) const;
};

/// The cells of a space, each once however often it is repeated: graph cells, and the blocks of the network itself in
/// which choices meet in a sum, a concatenation, a subset or a pick. A network that is a chain of choices has none.
std::vector<cell_plan> cells_of(compiler::compiled_space const& space);

/// The paths through a cell, as BANANAS encodes it (White, Neiswanger, Savani, AAAI 2021, section 3): which sequences
/// of operations lead from an input to the output. A path tells its input and the operations that are chosen along it,
/// not the nodes, so that cells which compute the same have the same paths. None leads through `none`.
///
/// Of all paths the likeliest are kept, by random architectures, as the paper truncates them (section 5).
class cell_paths {
public:
  /// Keeps at most so many. The space must outlive it.
  cell_paths(compiler::decision_space const& space, cell_plan plan, std::size_t most = 256);

  [[nodiscard]] cell_plan const& plan() const { return plan_; }
  /// How many paths are kept.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Which of them an architecture has, whose active decisions are these.
  [[nodiscard]] std::vector<std::size_t> operator()(compiler::architecture const& a,
                                                    std::vector<bool> const& active) const;

private:
  int grow(int path, int label);
  void keep_likeliest(std::vector<int> const& count, std::size_t most);

  compiler::decision_space const* space_;
  cell_plan plan_;
  std::vector<std::vector<int>> longer_; // by path and operation: the path that it goes on as, -1 if none has it
  std::vector<int> feature_;             // by path, -1 for one that is not kept
  std::size_t size_ = 0;
};

} // namespace espalier::runtime
