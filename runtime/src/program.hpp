#pragma once

#include "mixed/mixed_kernel.hpp"
#include "operations/operations.hpp"

#include <espalier/runtime/network.hpp>

#include <string>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Which part of a tensor a narrower operation uses: neighbouring elements as views of it, others gathered.
class tensor_cut {
public:
  tensor_cut() = default;
  tensor_cut(at::Tensor const& whole, compiler::tensor_slice const& slice, bool is_statistic);

  [[nodiscard]] bool is_whole() const { return ranges_.empty() && gathers_.empty(); }
  [[nodiscard]] at::Tensor of(at::Tensor const& whole) const;
  /// Writes the changed part of a statistic back, where it is no view.
  void put_back(at::Tensor const& part, at::Tensor const& whole) const;

private:
  std::vector<std::pair<std::int64_t, compiler::index_range>> ranges_; ///< By dimension.
  std::vector<std::pair<std::int64_t, at::Tensor>> gathers_;
  bool is_statistic_ = false;
};

struct program;
struct relaxed_step;

/// One operation, its values as slots of its program: arguments first, then one slot an operation.
struct step {
  compiler::structure form = compiler::structure::leaf;
  bool is_none = false;
  bool is_skip = false; ///< Whether it gives its operand as it is.
  std::vector<std::size_t> operands;
  int decision = -1;
  std::vector<int> candidates; ///< Of a choice: the program of each option.
  kernel compute;              ///< Of a leaf or a join.
  std::vector<at::Tensor> held;
  std::vector<tensor_cut> cuts;              ///< Of what is held; empty where all of it is used.
  std::int64_t features = 0;                 ///< Of a recurrence's state.
  std::shared_ptr<mixed_kernel const> mixed; ///< Of a sum of choices, or of one, that is computed at once when relaxed,
  std::vector<std::size_t> edges;            ///< and the steps of those choices.
  std::vector<program> inner;
  std::shared_ptr<relaxed_step const> relaxed; ///< How it runs under weights, where that differs.
};

/// A region as it runs.
struct program {
  std::size_t arguments = 0;
  std::vector<step> steps;
  std::size_t yields = 0;
};

/// Runs a program; only what the yielded value reads is computed. `weights` are needed where it decides.
at::Tensor run(program const& p, std::vector<at::Tensor> arguments, relaxation const* weights, mode m);

/// An operation of a supernet, with its tensors: undefined where batch normalization has no scale and shift.
struct resident {
  compiler::operation op; ///< Without its regions.
  std::vector<compiler::tensor_type> operands;
  std::vector<at::Tensor> held;
  std::string yields = {}; ///< Of a block: the value of its region that it gives.
};

/// The operations of a supernet by their path, the names of their blocks and their own joined by dots.
using residents = std::map<std::string, resident>;

/// A tensor of a path: part of one of a supernet's.
struct bound_tensor {
  std::string name;
  at::Tensor whole;
  tensor_cut cut;
};

/// A network that runs on the tensors of a supernet that holds it.
struct bound_network {
  program root;
  std::vector<bound_tensor> tensors;
};

/// Binds a network without decisions to a supernet, by the names of its values. Each operation uses the slice of the
/// widest tensors that `compiler::slices_of` tells, so that storage is shared and gradients arrive there. A network
/// that the supernet does not hold is a `user_error`.
bound_network bind_path(compiler::graph const& path, residents const& supernet);

} // namespace espalier::runtime
