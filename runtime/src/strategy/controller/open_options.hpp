#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/compiled_space.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace espalier::runtime {

/// The most layers of a chain, and the most of a decided depth; those of a space without chains and decided depths are
/// always as many.
using depth_limit = int;
inline constexpr depth_limit any_depth = std::numeric_limits<depth_limit>::max();

/// Decides architectures decision by decision, so that each can be completed: which options are left, given those that
/// were decided before.
class open_options {
public:
  /// `order` is that in which decisions are made: parents before their children. The space must outlive it.
  open_options(compiler::compiled_space const& space, std::span<std::size_t const> order);

  /// Whether every option of a choice is open, whatever was decided.
  [[nodiscard]] bool is_free(std::size_t decision, depth_limit depth) const;
  /// Writes a 1 for each option of a choice that may be taken, and a 0 for each other one. Of a depth, the options
  /// within the limit, unless none of them may be taken.
  void of_choice(std::size_t decision, compiler::architecture const& a, depth_limit depth, std::span<float> open) const;

  /// What may be said of an option of a subset.
  struct membership {
    bool out;
    bool in;
  };
  /// Given the members among the options before it.
  [[nodiscard]] membership of_member(std::size_t decision, compiler::architecture const& a, std::uint32_t members,
                                     std::size_t option) const;

private:
  struct rule {
    compiler::constraint_group const* group = nullptr;
    std::size_t column = 0;               // of the decision in the group
    std::vector<std::size_t> before = {}; // columns that are decided before it
    compiler::layer_automaton const* chain = nullptr;
    std::size_t layer = 0; // in the chain
    bool is_depth = false;
  };

  [[nodiscard]] static bool is_left(rule const& r, std::vector<std::uint32_t> const& row,
                                    compiler::architecture const& a);
  [[nodiscard]] static std::size_t state_of(rule const& r, compiler::architecture const& a);

  compiler::decision_space const& space_;
  std::vector<rule> rules_; // by decision
};

} // namespace espalier::runtime
