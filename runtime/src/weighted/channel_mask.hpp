#pragma once

#include "case_weights.hpp"

#include <functional>
#include <memory>

namespace espalier::runtime {

/// How present each channel of a value is under weights: 1 where every weighted architecture has it.
struct channel_mask {
  std::function<at::Tensor(relaxation const&)> of; ///< [channels]
  std::string key;                                 ///< Masks of the same key are the same; empty: of none.
};

/// Null where every architecture has all channels.
using shared_mask = std::shared_ptr<channel_mask const>;

bool are_same(shared_mask const& a, shared_mask const& b);

/// A value times its mask: images [N, C, H, W], everything else [..., C].
at::Tensor masked(at::Tensor const& x, at::Tensor const& mask);

/// Some channels of the widest value.
class channel_part {
public:
  channel_part() = default;
  channel_part(compiler::index_ranges const& ranges, int channels);

  [[nodiscard]] bool is_whole() const { return is_whole_; }
  /// These channels of a value.
  [[nodiscard]] at::Tensor of(at::Tensor const& x) const;
  /// A value of these channels as one of all, the others zero.
  [[nodiscard]] at::Tensor placed(at::Tensor const& part) const;
  /// 1 where it has a channel, else 0.
  [[nodiscard]] at::Tensor indicator() const;

private:
  compiler::index_range only_; // where they are neighbours
  at::Tensor index_;           // where they are not
  std::int64_t channels_ = 0;
  bool is_whole_ = true;
};

/// The mask of a value that has these channels in these cases; null where it always has all.
shared_mask mask_of(compiler::by_decisions<compiler::index_ranges> const& made, int channels, case_weights weights);

} // namespace espalier::runtime
