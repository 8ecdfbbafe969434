#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/cost.hpp>

#include <cstdint>
#include <optional>

namespace espalier::compiler {

/// A small, fast and reproducible generator (xoshiro256++), the same on every machine.
class random_generator {
public:
  using result_type = std::uint64_t;
  explicit random_generator(std::uint64_t seed);

  std::uint64_t operator()();
  /// Uniform in [0, bound).
  std::uint32_t below(std::uint32_t bound);
  /// Uniform in [0, bound).
  cardinality below(cardinality const& bound);
  /// Uniform in [0, 1).
  double uniform();

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

private:
  std::uint64_t state_[4];
};

/// An architecture drawn uniformly from all architectures of the space.
architecture sample(decision_space const& space, random_generator& random);

/// What a sampled or mutated architecture must satisfy.
struct constraint {
  cost_model const* model = nullptr;
  std::optional<long long> max_macs;
  std::optional<long long> max_params;

  [[nodiscard]] bool admits(architecture const& a) const;
  /// A `user_error` that names the smallest reachable cost, if no architecture can satisfy the constraint.
  void require_feasible() const;
};

/// Uniform among the architectures that satisfy the constraint, by bounded rejection; a `user_error` says when none was
/// found.
architecture sample(decision_space const& space, random_generator& random, constraint const& limit);

/// Changes one active decision to another value, uniformly (a subset exchanges one member); decisions that become
/// active are drawn uniformly. Where there is nothing to change, the parent.
architecture mutate(decision_space const& space, architecture const& parent, random_generator& random);

/// Draws each active decision anew with this probability; decisions that become active are drawn uniformly.
architecture mutate(decision_space const& space, architecture const& parent, random_generator& random,
                    double probability);

/// Takes every decision from one of two parents, uniformly where both have it.
architecture crossover(decision_space const& space, architecture const& a, architecture const& b,
                       random_generator& random);

} // namespace espalier::compiler
