#pragma once

#include "../program.hpp"
#include "channel_mask.hpp"

#include <vector>

namespace espalier::runtime {

/// What a tensor of an operation at its widest is multiplied with.
struct held_mask {
  std::int64_t operand_channels = -1; ///< The dimension that the operand's mask belongs to.
  at::Tensor windows;                 ///< [cases, ...]: where the last dimensions have a window, and where it is 1.
};

/// A narrow form of an operation, on its slices.
struct narrow_form {
  kernel compute;
  std::vector<at::Tensor> held;
  std::vector<tensor_cut> cuts;
  channel_part reads;
  channel_part makes;
};

/// Whether a join reads an operand.
struct operand_gate {
  case_weights cases;
  std::int64_t read = -1; ///< The case in which it does; -1: there is none.

  [[nodiscard]] at::Tensor of(relaxation const& r) const;
};

/// How a step runs under weights where that differs from how it runs alone.
struct relaxed_step {
  std::vector<shared_mask> masks;  ///< By operand: what it is multiplied with first; null: nothing.
  std::vector<operand_gate> gates; ///< By operand of a join that decides.
  std::int64_t channels = 0;       ///< Of a join whose operands have unequally many; 0: they do not.
  std::vector<held_mask> held;     ///< Of an operation at its widest, by tensor; empty: as they are.
  shared_mask operand;             ///< What their dimensions of the operand's channels are multiplied with.
  case_weights cases;              ///< Of windows or forms.
  std::vector<narrow_form> forms;  ///< Whose weighted sum the result is.
};

} // namespace espalier::runtime
