#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/random.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace espalier::compiler {

/// What is equally likely: every architecture, or at every decision every value. The two differ where the options of a
/// decision have unequally many architectures below them.
enum class uniform_over : std::uint8_t { architectures, choices };

/// A random architecture.
architecture sample(decision_space const& space, random_generator& random,
                    uniform_over law = uniform_over::architectures);
/// The same, into one that is at hand: nothing is allocated if it is of this space.
void sample_into(architecture& a, decision_space const& space, random_generator& random,
                 uniform_over law = uniform_over::architectures);

/// The most of a cost that no `cost_model` counts, such as memory or latency.
struct measured_limit {
  std::string name; ///< Of the cost: `memory`.
  std::string unit; ///< `bytes`
  std::function<double(architecture const&)> of;
  double most = 0;
  std::optional<double> least = {}; ///< That any architecture has, where it is known.
};

struct counted_budget;

/// What a sampled or mutated architecture must satisfy.
struct constraint {
  cost_model const* model = nullptr; ///< Of the space; needed where anything is limited.
  std::optional<long long> max_macs;
  std::optional<long long> max_params;
  /// What exact counting found for these limits: made by the first draw that needs it, used by those that follow.
  mutable std::shared_ptr<counted_budget const> counted = nullptr;
  std::vector<measured_limit> measured = {};

  [[nodiscard]] bool admits(architecture const& a) const;
  /// A `user_error` that names the smallest reachable cost, if no architecture can satisfy the constraint and
  /// that can be told.
  void require_feasible() const;
};

/// Uniform among the architectures that satisfy the constraint: by bounded rejection; where that finds none and costs
/// add up over independent decisions, by exact counting, from then on at once. A `user_error` says when none was found,
/// and the smallest costs.
architecture sample(decision_space const& space, random_generator& random, constraint const& limit);

/// Changes one active decision to another value, uniformly; a subset gains, loses or exchanges one member. Decisions
/// that become active are drawn uniformly over architectures; of those that a constraint couples, the fewest that must
/// change with it do. A layer of a chain becomes another one that may stand there, or its end; the layers behind it
/// stay up to the first that may not. Where there is nothing to change, the parent.
architecture mutate(decision_space const& space, architecture const& parent, random_generator& random);
/// The same in place, without allocation: the decision that was to change, or -1.
int mutate_in_place(architecture& a, decision_space const& space, random_generator& random);

/// Draws each active decision anew with this probability (those that a constraint couples together); decisions that
/// become active, and layers of a chain that may no longer stand where they do, are drawn uniformly.
architecture mutate(decision_space const& space, architecture const& parent, random_generator& random,
                    double probability);

/// Takes every decision from one of two parents, uniformly where both have it; those that a constraint couples from the
/// same. A chain begins as that of `a` and goes on as that of `b` from a layer that may stand there, uniformly among
/// the places where one may; or it is that of `a`.
architecture crossover(decision_space const& space, architecture const& a, architecture const& b,
                       random_generator& random);

} // namespace espalier::compiler
