#pragma once

#include "images.hpp"
#include "memory_pool.hpp"
#include "normalization.hpp"
#include "packed_weights.hpp"
#include "shared_input.hpp"

#include <espalier/kernels/tables.hpp>

#include <memory>
#include <optional>

namespace espalier::runtime {

/// A stage with its kernels and weights.
template <class T>
struct stage {
  kernels::stage_table<T> const* table;
  compiler::fused_stage shape;
  std::vector<at::Tensor> weights;
  std::size_t first_weight; // among those of all stages
  weight_packing packing;
  norm_tensors norm;
};

/// A candidate of an edge that adds something.
template <class T>
struct term {
  compiler::mixed_candidate::kind what;
  std::size_t edge;
  std::size_t candidate;
  std::size_t input; // of those that differ
  std::size_t other; // of those that are given
  std::vector<stage<T>> stages;
  compiler::pooling_stage pool_shape;
  kernels::pool_table<T> const* pool = nullptr;
  bool keeps_winners = false;
  std::optional<norm_tensors> pool_norm;

  [[nodiscard]] bool is_normalized() const { return !stages.empty() || pool_norm; }
};

/// A result that is normalized: of a stage or a pooling.
template <class T>
struct kept_map {
  std::shared_ptr<memory_pool::block> u; // [N, H, W, C]
  std::int64_t size;                     // numbers an image
  used_norm<T> norm;
  aligned_vector<T> depthwise; // packed

  [[nodiscard]] T* image(std::int64_t i) const { return u->template as<T>() + i * size; }
};

/// A padded copy that the next kernels may use again.
template <class T>
class padded_copy {
public:
  T const* of(stage<T> const& s, T const* x, used_norm<T> const* norm) {
    if (x == source_ && s.table->pad == pad_)
      return copy_;
    copy_ = thread_memory<T>(reinterpret_cast<void const*>(s.table->pad), s.table->padded);
    s.table->pad(x, norm != nullptr ? norm->inverse.data() : nullptr, norm != nullptr ? norm->shift.data() : nullptr,
                 copy_);
    source_ = x;
    pad_ = s.table->pad;
    return copy_;
  }

private:
  T const* source_ = nullptr;
  decltype(kernels::stage_table<T>::pad) pad_ = nullptr;
  T* copy_ = nullptr;
};

template <class T>
T* scratch_of(stage<T> const& s) {
  static char const user = 0;
  return thread_memory<T>(&user, s.table->scratch);
}

/// What the way back needs of the way forward.
template <class T>
struct saved_forward {
  std::vector<std::shared_ptr<shared_input>> inputs; // those that differ
  std::vector<at::Tensor> others;
  std::vector<aligned_vector<T>> weights; // by edge
  std::vector<std::vector<kept_map<T>>> kept;
  mode m = mode::training;
};

/// What is asked of the way back.
struct wanted_gradients {
  std::vector<bool> of_inputs; // those that differ
  bool of_stage_weights = false;
};

} // namespace espalier::runtime
