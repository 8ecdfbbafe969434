#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/cardinality.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

using dsl::cardinality;

namespace control {
struct plan;
} // namespace control

/// One decision of a space.
struct decision {
  enum class kind : std::uint8_t { choice, subset };

  std::string path; ///< Stable name, such as `normal/node1/edge0`.
  kind type = kind::choice;
  std::vector<std::string> options; ///< What it chooses among, as an architecture spells it.
  std::vector<int> candidates;      ///< Of a choice among blocks: the region of each option (`none` may be missing).
  std::vector<int> numbers;         ///< Of a number that is decided: what each option stands for.
  int least = 1;                    ///< For a subset: at least and at most so many of the options.
  int most = 1;
  int parent = -1; ///< The decision it hangs on, or -1: it exists only where `parent` takes one of `parent_options`.
  std::uint64_t parent_options = 0; ///< A bit for each option.
  std::vector<int> children;        ///< Decisions that hang on this one.

  /// Whether it exists where its parent takes this option.
  [[nodiscard]] bool hangs_on(std::size_t option) const { return (parent_options >> option & 1U) != 0; }
};

/// Decisions that a constraint couples: siblings, which exist together. Only these combinations of their values are
/// allowed.
struct constraint_group {
  std::vector<int> decisions;
  std::vector<std::vector<std::uint32_t>> allowed; ///< Each a value for each of `decisions`, as in an architecture.
};

/// The layers of a chain, a decision each; every one but the first hangs on the one before it. Which values a layer may
/// have depends on the state that the layers before it lead to. Value 0 ends the chain: it is always allowed, and
/// nothing hangs on it.
struct layer_automaton {
  std::vector<int> decisions; ///< In the order of the layers.
  /// By layer, state and value: the state behind it, or -1 where the value is not allowed. Before the first layer it
  /// is 0.
  std::vector<std::vector<std::vector<int>>> next;
};

/// The decisions of a space: what an architecture must say. Parents stand before their children.
class decision_space {
public:
  /// Collects the decisions of an expanded graph.
  explicit decision_space(graph const& expanded);
  /// Takes decisions as they are and fills in their `children`. Groups that share a decision are joined; where no
  /// combination is left, a `user_error`.
  explicit decision_space(std::vector<decision> decisions, std::vector<constraint_group> groups = {},
                          std::vector<layer_automaton> chains = {});

  [[nodiscard]] std::vector<decision> const& decisions() const { return decisions_; }
  [[nodiscard]] std::size_t size() const { return decisions_.size(); }
  [[nodiscard]] decision const& operator[](std::size_t i) const { return decisions_[i]; }
  /// The index of a decision by its path, or -1.
  [[nodiscard]] int find(std::string_view path) const;
  /// What constraints couple, each decision in one group at most.
  [[nodiscard]] std::vector<constraint_group> const& groups() const { return groups_; }
  /// Chains of layers.
  [[nodiscard]] std::vector<layer_automaton> const& chains() const { return chains_; }

  /// How many architectures there are, exactly.
  [[nodiscard]] cardinality const& count() const { return count_; }
  /// How many ways there are to fill the decisions that hang on option `option` of decision `i`, without the layers of
  /// its chain behind it.
  [[nodiscard]] cardinality const& count_below(std::size_t i, std::size_t option) const { return below_[i][option]; }
  /// How many ways there are to decide `i` and what hangs on it, whatever constraints say of `i`.
  [[nodiscard]] cardinality const& count_of(std::size_t i) const { return counts_[i]; }
  /// How decisions are drawn.
  [[nodiscard]] control::plan const& plan() const { return *plan_; }

  /// 16 hexadecimal digits that identify the decisions, whatever the skeleton around them.
  [[nodiscard]] std::string const& fingerprint() const { return fingerprint_; }

private:
  void finish();

  std::vector<decision> decisions_;
  std::vector<constraint_group> groups_;
  std::vector<layer_automaton> chains_;
  std::vector<std::vector<cardinality>> below_;
  std::vector<cardinality> counts_;
  cardinality count_;
  std::string fingerprint_;
  std::shared_ptr<control::plan const> plan_;
};

/// The values that a subset can have, each a bit set, in rising order.
std::vector<std::uint32_t> subset_values(decision const& d);
/// How many there are.
cardinality subset_count(decision const& d);

} // namespace espalier::compiler
