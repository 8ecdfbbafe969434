#pragma once

#include "relaxed_step.hpp"

#include <string>
#include <vector>

namespace espalier::runtime {

/// What is known of a value while a program is built: how present its channels are, and whether they are multiplied
/// with that already, so that absent ones are zero.
struct channel_flow {
  shared_mask present = nullptr; ///< Null: every architecture has all.
  bool is_masked = true;
};

/// Says of each step of a supernet's program how it runs under weights. Masks are applied as late as possible: where
/// channels are summed up or values joined. Normalizations undo what stands before them.
class relaxing {
public:
  relaxing(compiler::graph const& expanded, compiler::decision_space const& space);

  /// Why the space cannot be relaxed; empty where it can.
  [[nodiscard]] std::string const& refusal() const { return plan_.refusal; }

  /// \name What a step of this path gives; `made` learns how it runs
  /// @{
  channel_flow leaf(step& made, resident const& widest, std::string const& path, channel_flow const& operand) const;
  channel_flow join(step& made, resident const& widest, std::string const& path,
                    std::vector<channel_flow> const& operands) const;
  /// `results` are those of the programs of its candidates.
  channel_flow choice(step& made, compiler::operation const& op, std::string const& path,
                      std::vector<channel_flow> const& results) const;
  /// @}
  /// The state of a recurrence, and what it gives.
  [[nodiscard]] channel_flow unmasked(std::string const& path, int channels) const;

  /// Masks what a program yields.
  static void mask_yield(program& p, channel_flow const& yielded);

private:
  [[nodiscard]] case_weights weights_of(compiler::decided_cases const& cases, std::size_t count) const;
  [[nodiscard]] compiler::relaxed_operation const* find(std::string const& path) const;
  [[nodiscard]] shared_mask made_by(compiler::relaxed_operation const& planned, int channels) const;
  [[nodiscard]] narrow_form bound(resident const& widest, compiler::narrow_leaf const& leaf) const;
  static std::vector<held_mask> held_masks(resident const& widest, compiler::relaxed_operation const& planned);
  [[nodiscard]] std::vector<operand_gate> gates_of(compiler::relaxed_operation const& planned) const;

  compiler::decision_space const& space_;
  compiler::relaxation_plan plan_;
};

} // namespace espalier::runtime
