#pragma once

#include "mixed/mixed_kernel.hpp"
#include "operations/operations.hpp"

#include <espalier/runtime/network.hpp>

#include <functional>
#include <string>
#include <unordered_map>
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
  /// Writes a part to its place, where it is no view.
  void put(at::Tensor const& part, at::Tensor const& whole) const;
  /// The same of a statistic that was changed.
  void put_back(at::Tensor const& part, at::Tensor const& whole) const;
  /// Whether both are the same part of one tensor.
  [[nodiscard]] bool is_same(tensor_cut const& other) const;

private:
  std::vector<std::pair<std::int64_t, compiler::index_range>> ranges_; ///< By dimension.
  std::vector<std::pair<std::int64_t, at::Tensor>> gathers_;
  bool is_statistic_ = false;
};

struct program;
struct relaxed_step;

/// What noise in training does to a step.
struct noisy_part {
  bool is_classifier = false; ///< The last linear layer, whose features may be dropped.
  int branch = -1;            ///< Of a residual sum: the operand that may be left out of an example, or -1.
  double depth = 0;           ///< Of that sum among all: (0, 1].
};

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
  std::vector<tensor_cut> cuts; ///< Of what is held; empty where all of it is used.
  std::int64_t features = 0;    ///< Of a recurrence's state.
  noisy_part noise;
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

/// Runs a program; only what the yielded value reads is computed. `weights` are needed where it decides. Noise is
/// added in training.
at::Tensor run(program const& p, std::vector<at::Tensor> arguments, relaxation const* weights, mode m,
               path_noise const& noise = {});

/// A learned map from a kernel's window to that of a smaller one (Cai et al., ICLR 2020, section 3.3).
struct kernel_transform {
  std::int64_t from = 0;
  std::int64_t to = 0;
  at::Tensor matrix; ///< [to * to, to * to]: from the centre of the larger one.
};

/// How its matrix is called, behind its convolution's name: `kernel_7_to_5`.
std::string name_of(kernel_transform const& t);

/// An operation of a supernet, with its tensors: undefined where batch normalization has no scale and shift.
struct resident {
  compiler::operation op; ///< Without its regions.
  std::vector<compiler::tensor_type> operands;
  std::vector<at::Tensor> held;
  std::string yields = {};                       ///< Of a block: the value of its region that it gives.
  std::vector<kernel_transform> transforms = {}; ///< Of a convolution, from its largest kernel down.
  kernel compute = {};                           ///< As it is at its widest,
  std::vector<std::string> names = {};           ///< where a network that has all of it holds tensors of these names.
};

/// The operations of a supernet by their path, the names of their blocks and their own joined by dots.
using residents = std::unordered_map<std::string, resident>;

/// A tensor of a path: part of one of a supernet's.
struct bound_tensor {
  std::string name;
  at::Tensor whole;
  tensor_cut cut;
  at::Tensor part = {};                         ///< Of a parameter that is bound as a leaf.
  std::function<at::Tensor()> transformed = {}; ///< Of a kernel that is computed from others: its value.
};

/// Where the gradients of a path's parameters arrive: at the supernet's tensors, or at leaves of their own for each
/// part, which share the supernet's storage, so that nothing of the size of the supernet is touched.
enum class gradients_at : bool { supernet, parts };

/// A network that runs on the tensors of a supernet that holds it.
struct bound_network {
  program root;
  std::vector<bound_tensor> tensors;
};

/// Binds a network without decisions to a supernet, by the names of its values. Each operation uses the slice of the
/// widest tensors that `compiler::slices_of` tells, so that storage is shared and gradients arrive there. A network
/// that the supernet does not hold is a `user_error`.
bound_network bind_path(compiler::graph const& path, residents const& supernet,
                        gradients_at where = gradients_at::supernet);

} // namespace espalier::runtime
