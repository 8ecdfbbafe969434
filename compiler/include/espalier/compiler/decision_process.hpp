#pragma once

#include <espalier/compiler/architecture.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace espalier::compiler {

/// An architecture as it is decided, step by step: the decisions that exist in their order, a subset option by option.
/// A step offers what constraints, chains and the sizes of subsets allow behind the steps before it, so that every way
/// through them ends in an architecture, and each architecture is the end of one way. What can be decided in one way
/// only is no step.
class decision_process {
public:
  /// What a step depends on, as a Markov decision process sees it.
  struct state {
    std::uint32_t decision;
    std::uint32_t option;   ///< Of a subset: the option that is taken or left.
    std::uint32_t context;  ///< The members that a subset has, the state of a chain, or what a constraint still allows.
    std::uint32_t previous; ///< The decision before this one that exists, or `none`,
    std::uint32_t previous_value; ///< and its value.

    auto operator<=>(state const&) const = default;
  };
  static constexpr auto none = ~std::uint32_t{0};

  /// The space must outlive it.
  explicit decision_process(decision_space const& space);

  [[nodiscard]] bool is_finished() const { return at_ == space_.size(); }
  /// The architecture, once it is finished.
  [[nodiscard]] architecture const& decided() const { return decided_; }

  /// The decision of the step at hand.
  [[nodiscard]] std::size_t decision() const { return at_; }
  [[nodiscard]] state present() const;
  /// What the step may take, in rising order: a value of the decision; of a subset's option 1, or 0 to leave it. The
  /// same in the same state.
  [[nodiscard]] std::vector<std::uint32_t> const& actions() const { return actions_; }
  /// The action that gives the decision at hand this value, or that leads to it.
  [[nodiscard]] std::uint32_t action_towards(std::uint32_t value) const {
    return is_by_option() ? value >> option_ & 1U : value;
  }

  /// Takes one of the actions.
  void take(std::uint32_t action);
  /// Whether there is no step to take back.
  [[nodiscard]] bool is_at_start() const { return steps_.empty(); }
  /// Takes the last step back: the action that it took.
  std::uint32_t undo();
  void restart();

private:
  struct step {
    std::size_t decision;
    std::uint32_t option;
  };
  // How other decisions say what one may be: those before it in its group or chain.
  struct link {
    enum class kind : std::uint8_t { none, group, chain } by = kind::none;
    std::size_t of = 0;    // which group or chain
    std::size_t place = 0; // in it
    std::size_t before = 0;
  };
  // Rows of a group that the members decided so far allow, or the state of a chain.
  struct context {
    std::size_t first = 0;
    std::size_t last = 0;
  };
  using rows = std::vector<std::vector<std::uint32_t>>;

  [[nodiscard]] bool is_by_option() const {
    return space_[at_].type == decision::kind::subset && links_[at_].by == link::kind::none;
  }
  void enter(std::size_t from);
  void settle();
  void apply(std::uint32_t action);
  void offer();
  [[nodiscard]] context context_of(std::size_t i) const;

  decision_space const& space_;
  std::vector<link> links_;  // by decision
  std::vector<rows> groups_; // the members in the order of the decisions, the rows sorted
  architecture decided_;
  std::vector<char> exists_;      // up to the decision at hand
  std::vector<context> contexts_; // the same
  std::vector<step> steps_;
  std::size_t at_ = 0;
  std::uint32_t option_ = 0;
  std::vector<std::uint32_t> actions_;
};

} // namespace espalier::compiler
