#pragma once

#include "aligned_vector.hpp"

#include <espalier/compiler/mixed_sums.hpp>

#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// The weights of a stage as `espalier/kernels/tables.hpp` says.
template <class T>
struct packed_weights {
  aligned_vector<T> depthwise;
  aligned_vector<T> full;
};

/// How the weights of a stage, [out, in, kernel, kernel] each, lie in memory for the kernels.
class weight_packing {
public:
  weight_packing(compiler::fused_stage const& stage, std::vector<at::Tensor> const& weights);

  [[nodiscard]] std::int64_t depthwise() const { return depthwise_; } ///< Numbers.
  [[nodiscard]] std::int64_t full() const { return full_; }

  /// For the way forward.
  template <class T>
  [[nodiscard]] packed_weights<T> pack(std::vector<at::Tensor> const& weights) const;

  /// The `full` ones for the way back.
  template <class T>
  [[nodiscard]] aligned_vector<T> turned(std::vector<at::Tensor> const& weights) const;

  /// Gradients that are packed as the weights, depthwise ones first, to tensors that are as these.
  template <class T>
  void unpack(std::vector<T> const& packed, std::vector<at::Tensor> const& weights,
              std::vector<at::Tensor> const& to) const;

private:
  bool has_depthwise_;
  std::int64_t depthwise_;
  std::int64_t full_;
};

/// Tensors of the same sizes, of any content, one after another in memory.
std::vector<at::Tensor> empty_side_by_side(std::vector<at::Tensor> const& like);

} // namespace espalier::runtime
