#pragma once

#include <espalier/compiler/sample.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace espalier::compiler {

/// How a target cost is drawn: as often as uniformly drawn architectures have it, or each as often as the others.
enum class target_law : std::uint8_t { empirical, uniform };

/// Random architectures of about a given cost in multiply-adds (macs), as AttentiveNAS samples them (Wang et al., CVPR
/// 2021): of uniformly drawn architectures, the ones of a target cost tell how often each value of each decision is
/// taken there; every decision is drawn from that on its own, until the whole has the target cost. That is near to, not
/// the same as, uniform among the architectures of that cost.
///
/// What one decision alone does not settle is drawn together: decisions that a constraint couples, and a layer of a
/// chain with the state that the layers before it lead to. So each draw is an architecture of the space.
class cost_conditional {
public:
  struct parameters {
    std::size_t architectures = 100'000; ///< That are drawn uniformly, at least 1.
    long long step = 0; ///< Targets are the multiples of so many macs; 0: of a fiftieth of the range of those drawn.
  };

  /// The cost model must outlive it.
  cost_conditional(cost_model const& costs, std::uint64_t seed, parameters numbers);

  /// The targets that drawn architectures have, in macs, rising.
  [[nodiscard]] std::vector<long long> const& targets() const { return targets_; }
  /// The target nearest to this cost, whether a drawn architecture has it or not.
  [[nodiscard]] long long target_of(long long macs) const;
  /// One of `targets`.
  [[nodiscard]] long long draw_target(random_generator& random, target_law law = target_law::empirical) const;

  /// An architecture whose nearest target is this one: the first of 100 draws that has it, or, where none does, one of
  /// those that were drawn uniformly. A target that is none of `targets` is a `user_error`.
  [[nodiscard]] architecture sample(random_generator& random, long long target) const;

private:
  struct priced_architecture {
    architecture a;
    long long macs;
  };

  [[nodiscard]] std::span<priced_architecture const> drawn_at(long long target) const;

  cost_model const* costs_;
  long long step_;
  std::vector<priced_architecture> drawn_; // of rising cost
  std::vector<long long> targets_;
  std::vector<std::size_t> first_; // by target: in `drawn_`; behind the last, its size
};

} // namespace espalier::compiler
